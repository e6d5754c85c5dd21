import type { Locale } from './locales/choose-locale.ts'
import { en } from './locales/en.ts'
import { fieldMessage } from './locales/field-messages.ts'
import { zhCN } from './locales/zh-CN.ts'
import { formOf } from './text-forms.ts'

export type ErrorCode = keyof typeof en.errors
export type WarningKey = keyof typeof en.warnings

const LOCALES = { en, 'zh-CN': zhCN }

/** The HTTP status of every code a client can see. Codes that only ever stand on a task have the status a refusal would have. */
export const ERROR_STATUS: Readonly<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  MODEL_UNKNOWN: 400,
  CAPABILITY_MISSING: 400,
  CURSOR_INVALID: 400,
  EVENT_UNREADABLE: 400,
  EVENT_STALE: 400,
  AUTH_REQUIRED: 401,
  CREDENTIALS_INVALID: 401,
  EVENT_SIGNATURE_INVALID: 401,
  PERMISSION_DENIED: 403,
  TASK_NOT_FOUND: 404,
  BATCH_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  USER_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  CHANNEL_NOT_FOUND: 404,
  EVENTS_UNSUPPORTED: 404,
  THUMBNAIL_NOT_FOUND: 404,
  CHARACTER_NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  WEBHOOK_NOT_FOUND: 404,
  DELIVERY_NOT_FOUND: 404,
  API_KEY_NOT_FOUND: 404,
  USER_EXISTS: 409,
  CHANNEL_EXISTS: 409,
  CHANNEL_LIMIT: 409,
  CHANNEL_FIXED: 409,
  LAST_ADMIN: 409,
  CHARACTER_LIMIT: 409,
  WEBHOOK_LIMIT: 409,
  WEBHOOK_DISABLED: 409,
  API_KEY_LIMIT: 409,
  SOURCE_NOT_COMPLETED: 409,
  SOURCE_NOT_REMIXABLE: 409,
  TASK_STATE_CONFLICT: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  CONTENT_NOT_READY: 409,
  REQUEST_TIMEOUT: 408,
  VIDEO_EXPIRED: 410,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  RANGE_INVALID: 416,
  UPSTREAM_REFUSED: 422,
  UPSTREAM_MODERATED: 422,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  UPSTREAM_AUTH: 502,
  UPSTREAM_UNREADABLE: 502,
  NO_VIDEO_URL: 502,
  OUTPUT_UNREADABLE: 502,
  UPSTREAM_FAILED: 502,
  UPSTREAM_LOST: 502,
  DATABASE_UNAVAILABLE: 503,
  CHANNEL_UNAVAILABLE: 503,
  MEDIA_UNAVAILABLE: 503,
  SERVER_STOPPING: 503,
  DEADLINE_EXCEEDED: 504,
  SUBMISSION_UNCONFIRMED: 504,
  INTERNAL_ERROR: 500
}

export interface FieldError {
  field: string
  message: string
  /** The error whose sentence the message is: it is worded anew for its reader. */
  error?: { code: ErrorCode, params?: Params }
}

/** A part of a sentence that is itself worded in the reader's language. */
export interface Reason { reason: keyof typeof en.reasons, params?: Params }

/** What is wrong with fields, as a part of a sentence. */
export interface FieldReasons { fields: readonly FieldError[] }

export type Params = Readonly<Record<string, string | number | Reason | FieldReasons>>

export interface ErrorOptions {
  /** Fill the `{name}` places of the sentences. */
  params?: Params
  details?: FieldError[]
  retryAfterSeconds?: number
  /** The task that was written before the refusal; it stays readable. */
  videoId?: string
  cause?: unknown
}

/** An error a client may see: a code, and what its sentences need. Thrown anywhere, worded by the error handler. */
export class ReelayError extends Error {
  override name = 'ReelayError'
  readonly code: ErrorCode
  readonly status: number
  readonly options: ErrorOptions

  constructor (code: ErrorCode, options: ErrorOptions = {}) {
    super(sentence(code, 'en', options.params).message, { cause: options.cause })
    this.code = code
    this.status = ERROR_STATUS[code]
    this.options = options
  }
}

/** 400 about one field. */
export function invalidField (field: string, message: string): ReelayError {
  const details = [{ field, message }]
  return new ReelayError('REQUEST_INVALID', { params: { reason: { fields: details } }, details })
}

/** The sentence and the hint of a code in one language. */
export function sentence (code: ErrorCode, locale: Locale, params: ErrorOptions['params'] = {}): { message: string, hint: string } {
  const [message, general] = LOCALES[locale].errors[code]
  const hint = hintOfClass(code, locale, params.class) ?? general
  return { message: fill(message, locale, params), hint: fill(hint, locale, params) }
}

/** Whose fault it is and what to do next depends on the class of failure where the code is the same for all. */
function hintOfClass (code: ErrorCode, locale: Locale, failureClass: Params[string] | undefined): string | undefined {
  const { hints } = LOCALES[locale]
  const known = (code === 'UPSTREAM_REFUSED' || code === 'UPSTREAM_FAILED') && typeof failureClass === 'string' && Object.hasOwn(hints, failureClass)
  return known ? hints[failureClass as keyof typeof hints] : undefined
}

/** The codes that a task can have as its errorCode. */
export const TASK_ERROR_CODES = [
  'UPSTREAM_REFUSED',
  'UPSTREAM_MODERATED',
  'UPSTREAM_AUTH',
  'UPSTREAM_UNREADABLE',
  'UPSTREAM_FAILED',
  'UPSTREAM_LOST',
  'NO_VIDEO_URL',
  'OUTPUT_UNREADABLE',
  'DEADLINE_EXCEEDED',
  'SUBMISSION_UNCONFIRMED',
  'RATE_LIMITED',
  'CHANNEL_UNAVAILABLE'
] as const satisfies readonly ErrorCode[]

export type TaskErrorCode = typeof TASK_ERROR_CODES[number]

/** Every code with its status and its words, the places for parameters still open. */
export function errorCatalogue () {
  return (Object.keys(ERROR_STATUS) as ErrorCode[]).map(code => ({
    code,
    status: ERROR_STATUS[code],
    onTasks: TASK_ERROR_CODES.some(onTask => onTask === code),
    en: wordsOf(code, 'en'),
    'zh-CN': wordsOf(code, 'zh-CN')
  }))
}

/** The classes of failures of a provider, each with what to do, for the codes that stand for several of them. */
export function failureClasses () {
  return (Object.keys(en.hints) as Array<keyof typeof en.hints>).map(name => ({ class: name, en: en.hints[name], 'zh-CN': zhCN.hints[name] }))
}

function wordsOf (code: ErrorCode, locale: Locale) {
  const [error, hint] = LOCALES[locale].errors[code]
  return { error, hint }
}

/** What is wrong with a field or a body, as a part of REQUEST_INVALID. */
export function problem (key: keyof typeof en.problems, locale: Locale, params: ErrorOptions['params'] = {}): string {
  return fill(LOCALES[locale].problems[key], locale, params)
}

/** What form a text should have had that does not match a pattern. */
export function wantedForm (pattern: unknown, locale: Locale): string {
  const form = formOf(pattern)
  return form ? LOCALES[locale].forms[form] : problem('form', locale)
}

/** What speaks against a request that is not refused. */
export function warning (key: WarningKey, locale: Locale, params: ErrorOptions['params'] = {}): string {
  return fill(LOCALES[locale].warnings[key], locale, params)
}

export function receiptMessage (key: keyof typeof en.receipts, locale: Locale): string {
  return LOCALES[locale].receipts[key]
}

/** Fields and what is wrong with them, in the reader's language. */
export function presentDetails (details: readonly FieldError[], locale: Locale): FieldError[] {
  return details.map(({ field, message, error }) => ({ field, message: error ? sentence(error.code, locale, error.params).message : fieldMessage(message, locale) }))
}

export function isErrorCode (code: string): code is ErrorCode {
  return code in ERROR_STATUS
}

function fill (text: string, locale: Locale, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = params[name]
    if (typeof value !== 'object') return String(value ?? place)
    if ('fields' in value) return presentDetails(value.fields, locale).map(({ field, message }) => `${field} ${message}`).join('; ')
    return fill(LOCALES[locale].reasons[value.reason], locale, value.params ?? {})
  })
}

import type { IncomingHttpHeaders } from 'node:http'
import type { EgressError } from './egress.ts'
import { hasError, isObject } from './replies.ts'
import type { FailureClass, UpstreamFailure } from './upstream.ts'

const MAX_MESSAGE = 500
const MAX_CODE = 100
/** No provider's word may hold us up for longer (DESIGN §4.2). */
const MAX_RETRY_AFTER_MS = 600_000
/** How deep errors hide in errors: relays wrap what they got as JSON text in `message`. */
const MAX_DEPTH = 5

const MODERATION = /moderat(ion|ed)|sentinel[_ ]block|content[_ -]?(policy|filter)|safety (system|policy|guideline)|usage polic|violates? our polic|prohibited content|内容审核|违规|敏感/i
const QUOTA = /insufficient[_ -]?(user[_ -]?)?(quota|balance|credit|fund)|exceeded your current quota|billing|out of credits|payment required|余额不足|额度不足|欠费/i
const RATE_LIMIT = /rate[_ -]?limit|too many requests|throttl/i
const AUTH = /unauthori[sz]ed|(invalid|incorrect|missing|expired)[_ ](api[_ -]?key|token|credential)|authentication/i

/** What a provider's own code means, or else its own words; undefined leaves it to what providers say in general. */
export type ClassOf = (code: string, message: string) => FailureClass | undefined

export interface FailureContext {
  /** Redacted wherever it shows up. */
  apiKey: string
  classOf?: ClassOf
  status?: number
  headers?: IncomingHttpHeaders
}

interface ErrorText { message?: string, code?: string, type?: string }

/** Reads a failure from whatever a provider sent: one of many error shapes, text, HTML or nothing. */
export function readFailure (body: unknown, { apiKey, classOf, status, headers }: FailureContext): UpstreamFailure {
  const { message, code, type } = errorText(body, 0)
  return {
    class: classOf?.(code ?? type ?? '', message ?? '') ?? classify(`${code ?? ''} ${type ?? ''} ${message ?? ''}`, status),
    message: cleanText(message ?? '', apiKey, MAX_MESSAGE) || defaultMessage(status),
    code: cleanText(code ?? type ?? '', apiKey, MAX_CODE) || undefined,
    httpStatus: status,
    retryAfterMs: headers && retryAfterMs(headers)
  }
}

/** What to tell about a call without a usable reply. The error's own words may name internal addresses; they are for the log. */
export function failureOfEgress ({ kind }: EgressError): UpstreamFailure {
  switch (kind) {
    case 'connect': return { class: 'unavailable', message: 'the upstream could not be reached' }
    case 'timeout': return { class: 'unavailable', message: 'the upstream did not answer in time' }
    case 'reset': return { class: 'unavailable', message: 'the connection to the upstream was lost' }
    case 'aborted': return { class: 'unavailable', message: 'the call was given up' }
    case 'refused-address': return { class: 'unavailable', message: 'the address may not be called' }
    case 'too-large': return { class: 'unreadable', message: 'the upstream sent more than a reply may hold' }
    case 'protocol': return { class: 'unreadable', message: 'the upstream sent something that is not a valid reply' }
  }
}

/** Milliseconds from `retry-after-ms` or `retry-after` (seconds or a date), 0 to 10 minutes; undefined when absent or absurd. */
export function retryAfterMs (headers: IncomingHttpHeaders, now = Date.now()): number | undefined {
  const milliseconds = clampDelay(Number(headers['retry-after-ms'] ?? NaN))
  if (milliseconds !== undefined) return milliseconds
  const text = headers['retry-after']
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (!Number.isNaN(seconds)) return clampDelay(seconds * 1000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : clampDelay(Math.max(0, date - now))
}

/** A delay that an upstream asks for; undefined when it is none. */
export function clampDelay (milliseconds: number): number | undefined {
  return milliseconds >= 0 ? Math.min(MAX_RETRY_AFTER_MS, Math.round(milliseconds)) : undefined
}

function classify (text: string, status: number | undefined): FailureClass {
  if (MODERATION.test(text)) return 'moderation'
  if (QUOTA.test(text) || status === 402) return 'quota'
  if (status === 429 || RATE_LIMIT.test(text)) return 'rate_limit'
  if (status === 401 || status === 403 || AUTH.test(text)) return 'auth'
  if (status === undefined || status < 300) return 'unknown'
  if (status >= 500 || status === 408 || status === 425 || status < 400) return 'unavailable'
  return 'invalid_input'
}

function errorText (value: unknown, depth: number): ErrorText {
  if (depth > MAX_DEPTH) return {}
  if (typeof value === 'string') return textOrJson(value, depth)
  if (Array.isArray(value)) return listText(value, depth)
  if (!isObject(value)) return {}

  const outer = { code: scalar(value.code) ?? scalar(value.error_code), type: scalar(value.type) }
  const inner = [value.error, value.message, value.detail, value.msg, value.error_message, value.fail_reason].find(part => part !== true && hasError(part))
  return { ...defined(outer), ...defined(errorText(inner, depth + 1)) }
}

/** A message is often the next server's whole reply, as text. */
function textOrJson (text: string, depth: number): ErrorText {
  const trimmed = text.trim()
  if (!/^[{[]/.test(trimmed)) return { message: trimmed }
  try {
    const { message, ...rest } = errorText(JSON.parse(trimmed), depth + 1)
    return { message: message ?? trimmed, ...rest }
  } catch {
    // It only looked like JSON.
    return { message: trimmed }
  }
}

/** FastAPI's validation errors: [{ loc, msg, type }]. */
function listText (list: unknown[], depth: number): ErrorText {
  const texts = list.slice(0, 5).map(item => errorText(item, depth + 1))
  const messages = texts.map(({ message }) => message).filter(Boolean)
  return messages.length > 0 ? { message: messages.join('; '), type: texts[0]!.type } : {}
}

function scalar (value: unknown): string | undefined {
  if (typeof value === 'number' && value !== 0) return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function defined (text: ErrorText): ErrorText {
  return Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined))
}

/** Redacts before it cuts, so that no half of a key is left at the end. */
function cleanText (text: string, apiKey: string, length: number): string {
  const redacted = apiKey === '' ? text : text.replaceAll(apiKey, '[redacted]').replaceAll(encodeURIComponent(apiKey), '[redacted]')
  return redacted
    .slice(0, 20_000)
    .replace(/<(script|style)\b[\s\S]{0,10000}?<\/\1>/gi, ' ')
    .replace(/<[!/]?[a-z][^<>]{0,1000}>/gi, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\s]+/gu, ' ')
    .trim()
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, '')
}

function defaultMessage (status: number | undefined): string {
  return status === undefined || status < 300 ? 'the upstream gave no reason' : `the upstream answered HTTP ${status}`
}

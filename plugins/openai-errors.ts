import type { FastifyRequest } from 'fastify'
import { sentence, type ErrorCode, type ReelayError } from '../server/errors.ts'
import type { Locale } from '../server/locales/choose-locale.ts'

/** The codes that clients of OpenAI's API know under another name. The rest are ours in lower case. */
const CODES: Partial<Record<ErrorCode, string>> = {
  AUTH_REQUIRED: 'invalid_api_key',
  MODEL_UNKNOWN: 'model_not_found',
  CAPABILITY_MISSING: 'unsupported_value',
  REQUEST_INVALID: 'invalid_value',
  TASK_NOT_FOUND: 'not_found',
  CHARACTER_NOT_FOUND: 'not_found',
  MODEL_NOT_FOUND: 'model_not_found',
  ROUTE_NOT_FOUND: 'unknown_url',
  CONTENT_NOT_READY: 'video_not_ready',
  THUMBNAIL_NOT_FOUND: 'variant_unavailable',
  UPSTREAM_MODERATED: 'moderation_blocked',
  RATE_LIMITED: 'rate_limit_exceeded'
}

/** The fields whose name on this wire is more than their own in snake case. */
const PARAMS: Readonly<Record<string, string>> = { duration: 'seconds', videoId: 'video_id' }

/** Nothing was made and nothing will be: the same request may well succeed a little later. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['RATE_LIMITED', 'DATABASE_UNAVAILABLE', 'SERVER_STOPPING', 'CHANNEL_UNAVAILABLE', 'MEDIA_UNAVAILABLE'])

export function isOpenaiRequest ({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return /^\/v1(?=[/?]|$)/.test(url)
}

/** New API's clients expect its own shape from its own two operations. */
function isNewApiRequest ({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return /^\/v1\/video\/generations(?=[/?]|$)/.test(url)
}

/** The body of an answer below /v1. */
export function openaiFailure (error: ReelayError, locale: Locale, request: Pick<FastifyRequest, 'url'>) {
  const envelope = openaiEnvelope(error, locale)
  return isNewApiRequest(request) ? { code: envelope.error.code, message: envelope.error.message, data: null } : envelope
}

function openaiEnvelope (error: ReelayError, locale: Locale) {
  const { message, hint } = sentence(error.code, locale, error.options.params)
  const field = error.options.details?.[0]?.field
  return {
    error: {
      message: `${message}. ${hint}`,
      type: typeOf(error.status),
      param: field === undefined ? null : PARAMS[field] ?? snakeCase(field),
      code: CODES[error.code] ?? error.code.toLowerCase()
    }
  }
}

/**
 * OpenAI's SDKs send a request again after 408, 409, 429 and every 5xx, twice, unless they are told not to
 * (reference §1.5): after a refusal it would be in vain, and after a task was written it would make another.
 */
export function openaiHeaders (error: ReelayError, { method }: FastifyRequest, retryAfterSeconds: number | undefined): Record<string, string> {
  const passing = PASSING.has(error.code) && error.options.videoId === undefined
  if (passing) return retryAfterSeconds === undefined ? {} : { 'retry-after-ms': String(Math.min(retryAfterSeconds, 60) * 1000) }
  const harmless = error.status >= 500 && (method === 'GET' || method === 'HEAD')
  return harmless ? {} : { 'x-should-retry': 'false' }
}

function typeOf (status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

function snakeCase (field: string): string {
  return field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

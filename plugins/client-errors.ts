import type { FastifyError, FastifyRequest } from 'fastify'
import { hideEventsSecret } from '../server/channels/events-address.ts'
import { isDatabaseUnavailable } from '../server/database/availability.ts'
import { ReelayError, problem, type ErrorOptions, type FieldError } from '../server/errors.ts'
import type { Locale } from '../server/locales/choose-locale.ts'
import { fieldProblems, type ValidationError } from './validation-problems.ts'

/** Anything that can be thrown while a request is served. */
export type Thrown = Partial<Omit<FastifyError, 'validation'>> & { validation?: ValidationError[] }

/** Postgres: text with a NUL; as a character, and as \u0000 inside JSON. Only a client can have sent it. */
const NULL_CHARACTER = new Set(['22021', '22P05'])

/** What a client may be told about anything thrown. What is nobody's fault outside becomes INTERNAL_ERROR, without its message. */
export function toClientError (thrown: unknown, request: FastifyRequest, locale: Locale): ReelayError {
  if (thrown instanceof ReelayError) return thrown
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Thrown
  if (error.validation) return invalid(fieldProblems(error.validation, error.validationContext ?? 'body', locale), error)
  if (isDatabaseUnavailable(thrown)) return new ReelayError('DATABASE_UNAVAILABLE', { retryAfterSeconds: 2, cause: thrown })
  return fromFramework(error, request, locale) ?? new ReelayError('INTERNAL_ERROR', { cause: thrown })
}

/** Errors of Fastify and its plugins, by code; those not listed by their status. */
function fromFramework (error: Thrown, request: FastifyRequest, locale: Locale): ReelayError | undefined {
  const because = (key: Parameters<typeof problem>[0]) => new ReelayError('REQUEST_INVALID', { params: { reason: problem(key, locale) }, cause: error })

  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_INVALID_JSON_FIELD_ERROR': return because('jsonInvalid')
    case 'FST_ERR_CTP_EMPTY_JSON_BODY': return because('bodyEmpty')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH': return because('bodyLength')
    case 'FST_ERR_BAD_URL': return because('urlInvalid')
    // No id of ours is as long.
    case 'FST_ERR_MAX_PARAM_LENGTH': return routeNotFound(request)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': return unsupportedType(error, request, 'application/json')
    case 'FST_INVALID_MULTIPART_CONTENT_TYPE': return unsupportedType(error, request, 'multipart/form-data')
  }
  if (NULL_CHARACTER.has(error.code ?? '')) return because('nullCharacter')

  switch (error.statusCode) {
    case 401: return new ReelayError('AUTH_REQUIRED', { cause: error })
    case 403: return new ReelayError('PERMISSION_DENIED', { params: { reason: { reason: 'refused' } }, cause: error })
    case 404: return routeNotFound(request)
    case 413: return new ReelayError('BODY_TOO_LARGE', { params: { limit: bodyLimit(request) }, cause: error })
    case 415: return unsupportedType(error, request, 'application/json')
    case 429: return new ReelayError('RATE_LIMITED', { params: { reason: { reason: 'refused' } }, cause: error })
    case 503: return new ReelayError('DATABASE_UNAVAILABLE', { cause: error })
  }
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) return because('other')
}

export function routeNotFound (request: FastifyRequest): ReelayError {
  const [path] = request.url.split('?')
  return new ReelayError('ROUTE_NOT_FOUND', { params: { method: request.method, path: hideEventsSecret(path).slice(0, 200) } })
}

function invalid (details: FieldError[], cause: Thrown): ReelayError {
  const options: ErrorOptions = { details, cause }
  const [first] = details
  return new ReelayError('REQUEST_INVALID', { ...options, params: { reason: first ? `${first.field} ${first.message}` : '' } })
}

function unsupportedType (cause: Thrown, request: FastifyRequest, expected: string): ReelayError {
  const type = request.headers['content-type']?.slice(0, 100) ?? '-'
  return new ReelayError('MEDIA_TYPE_UNSUPPORTED', { params: { type, expected }, cause })
}

function bodyLimit (request: FastifyRequest): string {
  const bytes = request.routeOptions.bodyLimit ?? 0
  return bytes >= 2 ** 20 ? `${Math.floor(bytes / 2 ** 20)} MiB` : `${Math.floor(bytes / 2 ** 10)} KiB`
}

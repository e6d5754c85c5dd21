import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { presentDetails, sentence, type ReelayError } from '../server/errors.ts'
import { chooseLocale, type Locale } from '../server/locales/choose-locale.ts'
import { routeNotFound, toClientError } from './client-errors.ts'
import { isOpenaiRequest, openaiFailure, openaiHeaders } from './openai-errors.ts'

const DEFAULT_RETRY_AFTER_SECONDS: Record<number, number> = { 429: 1, 503: 2 }

/** Every error leaves through here: in the native envelope (DESIGN §6), or below /v1 in OpenAI's. */
export default fp(async function errorHandlerPlugin (fastify) {
  fastify.setErrorHandler((thrown, request, reply) => sendError(thrown, request, reply, request.locale))
  fastify.setNotFoundHandler((request, reply) => sendError(routeNotFound(request), request, reply, request.locale))
}, { name: 'error-handler', fastify: '5.x', dependencies: ['locale'] })

/** For Fastify's `frameworkErrors`: URLs that cannot be decoded reach neither a route nor the decorators of a request. */
export function createFrameworkErrors (fallback: Locale): NonNullable<Parameters<FastifyInstance['setErrorHandler']>[0]> {
  return (error, request, reply) => sendError(error, request, reply, chooseLocale(request.headers['accept-language'], fallback))
}

function sendError (thrown: unknown, request: FastifyRequest, reply: FastifyReply, locale: Locale): FastifyReply {
  const error = toClientError(thrown, request, locale)
  log(error, request)
  const retryAfter = error.options.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS[error.status]
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (error.status === 401) reply.header('www-authenticate', 'Bearer')
  const openai = isOpenaiRequest(request)
  if (openai) reply.headers(openaiHeaders(error, request, retryAfter))
  return reply
    .code(error.status)
    // A URL that cannot be decoded has met no hook.
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(openai ? openaiFailure(error, locale, request) : envelope(error, request, reply, locale))
}

/** The body of an answer of the native API. */
export function envelope (error: ReelayError, request: Pick<FastifyRequest, 'id'>, reply: Pick<FastifyReply, 'elapsedTime'>, locale: Locale) {
  const { message, hint } = sentence(error.code, locale, error.options.params)
  return {
    success: false,
    error: message,
    code: error.code,
    hint,
    ...(error.options.details && { details: presentDetails(error.options.details, locale) }),
    ...(error.options.videoId && { videoId: error.options.videoId }),
    requestId: request.id,
    requestTime: Math.round(reply.elapsedTime)
  }
}

function log (error: ReelayError, request: FastifyRequest): void {
  // A server that stops and tells so does what it should.
  if (error.status < 500 || error.code === 'SERVER_STOPPING') request.log.info({ code: error.code, reason: error.message }, 'request refused')
  else request.log.error({ err: error.cause ?? error, code: error.code }, 'request failed')
}

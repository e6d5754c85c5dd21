import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyServerOptions } from 'fastify'
import { problem, ReelayError, type ErrorCode } from '../server/errors.ts'
import type { Locale } from '../server/locales/choose-locale.ts'
import { envelope } from './error-handler.ts'
import { isOpenaiRequest, openaiFailure } from './openai-errors.ts'

type BrokenRequest = Parameters<NonNullable<FastifyServerOptions['clientErrorHandler']>>[0]

const CODES: Readonly<Record<string, ErrorCode>> = { HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE', ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT' }

/** For Fastify's `clientErrorHandler`: what is no HTTP request, or never ends, reaches no route and no hook. Answered in our envelopes all the same. */
export function createBrokenRequests (locale: Locale) {
  return (broken: BrokenRequest, socket: Socket): void => {
    // Reset: there is nobody to tell.
    if (broken.code === 'ECONNRESET' || socket.destroyed) return
    if (socket.writable) socket.write(answer(broken, locale))
    socket.destroy(broken)
  }
}

function answer (broken: BrokenRequest, locale: Locale): string {
  const code = CODES[broken.code] ?? 'REQUEST_INVALID'
  const error = new ReelayError(code, { params: { reason: problem('other', locale) }, cause: broken })
  const id = randomUUID()
  const url = targetOf(broken)
  const body = JSON.stringify(isOpenaiRequest({ url }) ? openaiFailure(error, locale, { url }) : envelope(error, { id }, { elapsedTime: 0 }, locale))
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    `x-request-id: ${id}`,
    'connection: close',
    '',
    body
  ].join('\r\n')
}

/** Read from the first bytes that came, as far as they can be. */
function targetOf ({ rawPacket }: BrokenRequest): string {
  const start = Buffer.from(rawPacket as unknown as Buffer ?? []).toString('latin1', 0, 200)
  return /^[A-Z]+ (\S+)/.exec(start)?.[1] ?? ''
}

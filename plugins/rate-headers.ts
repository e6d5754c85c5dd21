import type { FastifyReply } from 'fastify'
import type { Allowance } from '../server/accounts/rate-limits.ts'
import { ReelayError } from '../server/errors.ts'

/** Sent with every answer to a request that counted against a limit; pages of other origins may read them. */
export const RATE_HEADERS = ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'] as const

/** Says how much is left, in the words of OpenAI's API, which its clients and proxies know. */
export function setRateHeaders (reply: FastifyReply, { limit, remaining, resetSeconds }: Allowance): void {
  const values = [limit, remaining, `${resetSeconds.toFixed(3)}s`]
  RATE_HEADERS.forEach((name, index) => reply.header(name, values[index]))
}

/** 429 that names the limit. */
export function tooManyRequests ({ whose, limit, waitSeconds }: Allowance): ReelayError {
  const reason = whose === 'key' ? 'keyRate' : 'userRate'
  return new ReelayError('RATE_LIMITED', { params: { reason: { reason, params: { limit } } }, retryAfterSeconds: Math.max(1, Math.ceil(waitSeconds)) })
}

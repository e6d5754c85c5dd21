import { EgressError } from '../upstreams/egress.ts'
import { failureOfEgress } from '../upstreams/failures.ts'
import type { CheckResult, FailureClass, UpstreamFailure } from '../upstreams/upstream.ts'
import type { Upstreams } from './upstreams.ts'

const TIMEOUT_MS = 15_000

export interface CheckReport {
  ok: boolean
  latencyMs: number
  error: { class: FailureClass | 'unsupported', message: string, httpStatus: number | null } | null
}

/** Proves a channel's address and present key by a call that costs nothing. A breaker that is open does not keep it back. Throws CHANNEL_UNAVAILABLE. */
export async function checkUpstream (upstreams: Pick<Upstreams, 'forChannel'>, channelId: string): Promise<CheckReport> {
  const { check } = await upstreams.forChannel(channelId)
  if (!check) return { ok: false, latencyMs: 0, error: { class: 'unsupported', message: 'this adapter has no call that costs nothing', httpStatus: null } }
  const startedAt = performance.now()
  const result = await ask(check)
  return { ok: result.ok, latencyMs: Math.round(performance.now() - startedAt), error: result.ok ? null : presentFailure(result.failure) }
}

async function ask (check: (signal: AbortSignal) => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await check(AbortSignal.timeout(TIMEOUT_MS))
  } catch (error) {
    if (!(error instanceof EgressError)) throw error
    // Aborted: by our own timeout.
    return { ok: false, failure: failureOfEgress(error.kind === 'aborted' ? new EgressError('timeout', error.message, { sent: true }) : error) }
  }
}

function presentFailure ({ class: failureClass, message, httpStatus }: UpstreamFailure) {
  return { class: failureClass, message, httpStatus: httpStatus ?? null }
}

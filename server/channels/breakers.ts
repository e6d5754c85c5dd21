import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhenResult, type CircuitBreakerPolicy } from 'cockatiel'
import { EgressError } from '../upstreams/egress.ts'
import type { PolledPage, PollResult, SubmissionOutcome, Upstream, UpstreamFailure } from '../upstreams/upstream.ts'

/** Failures in a row, whatever was called, that open a breaker. */
const FAILURES = 10
/** One call is let through again after this, to see whether the upstream is back. */
const PROBE_AFTER_MS = 5_000
/**
 * A submission lets polls and lists go first for as long again: they cost nothing, while a submission that is the probe may
 * be paid for without an answer. Only where nothing else is to be asked does it probe itself. What an open breaker
 * held back was never sent: its task stays QUEUED and is tried again.
 */
const SUBMISSION_YIELDS_MS = PROBE_AFTER_MS
/** How soon to look whether the probe came back. */
const PROBE_PATIENCE_MS = 1_000

export type BreakerState = 'closed' | 'open' | 'half-open'

/** The upstream was not asked: it has failed too often just now. */
export class BreakerOpenError extends Error {
  override name = 'BreakerOpenError'
}

interface Breaker { policy: CircuitBreakerPolicy, openedAt: number }

/** One circuit breaker a channel: a dead upstream is left alone, and costs nobody time. */
export class Breakers {
  readonly #breakers = new Map<string, Breaker>()

  /** For how long calls of the channel are held back. 0 when the next one goes through, if only as the probe. */
  pauseMs (channelId: string): number {
    const breaker = this.#breakers.get(channelId)
    return breaker === undefined ? 0 : remainingMs(breaker)
  }

  states (): Record<string, BreakerState> {
    return Object.fromEntries([...this.#breakers].map(([id, { policy }]) => [id, NAMES[policy.state]]))
  }

  /** The same upstream behind the channel's breaker. While that is open polls throw BreakerOpenError, and submissions were never sent. */
  protect (channelId: string, upstream: Upstream): Upstream {
    const breaker = this.#breaker(channelId)
    const { create, remix, edit, extend, poll, pollMany, cancel, list } = upstream
    return {
      ...upstream,
      create: (...call) => guardSubmission(breaker, () => create(...call)),
      poll: (...call) => guard(breaker, () => poll(...call), throwOpen),
      ...pollMany && { pollMany: (...call) => guard(breaker, () => pollMany(...call), throwOpen) },
      ...remix && { remix: (...call) => guardSubmission(breaker, () => remix(...call)) },
      ...edit && { edit: (...call) => guardSubmission(breaker, () => edit(...call)) },
      ...extend && { extend: (...call) => guardSubmission(breaker, () => extend(...call)) },
      ...cancel && { cancel: (...call) => guard(breaker, () => cancel(...call), throwUnreachable) },
      ...list && { list: (...call) => guard(breaker, () => list(...call), throwUnreachable) }
    }
  }

  #breaker (channelId: string): Breaker {
    const known = this.#breakers.get(channelId)
    if (known) return known
    const policy = circuitBreaker(handleWhenResult(isFailed).orWhen(isAway), { halfOpenAfter: PROBE_AFTER_MS, breaker: new ConsecutiveBreaker(FAILURES) })
    const breaker = { policy, openedAt: 0 }
    policy.onBreak(() => { breaker.openedAt = performance.now() })
    this.#breakers.set(channelId, breaker)
    return breaker
  }
}

const NAMES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open'
}

const UNSENT: SubmissionOutcome = {
  outcome: 'unsent',
  failure: { class: 'unavailable', message: 'the upstream has not been answering', retryAfterMs: PROBE_AFTER_MS }
}

async function guard<T> (breaker: Breaker, call: () => Promise<T>, whenOpen: () => T): Promise<T> {
  // cockatiel would make the others wait for the probe's end.
  if (remainingMs(breaker) > 0) return whenOpen()
  try {
    return await breaker.policy.execute(call)
  } catch (error) {
    if (error instanceof BrokenCircuitError) return whenOpen()
    throw error
  }
}

async function guardSubmission (breaker: Breaker, call: () => Promise<SubmissionOutcome>): Promise<SubmissionOutcome> {
  const yields = breaker.policy.state === CircuitState.Open && performance.now() < breaker.openedAt + PROBE_AFTER_MS + SUBMISSION_YIELDS_MS
  return yields ? UNSENT : await guard(breaker, call, () => UNSENT)
}

function remainingMs ({ policy, openedAt }: Breaker): number {
  switch (policy.state) {
    case CircuitState.Closed: return 0
    case CircuitState.HalfOpen: return PROBE_PATIENCE_MS
    default: return Math.max(0, openedAt + PROBE_AFTER_MS - performance.now())
  }
}

/** Signs that the upstream is away; its own words and our limits are none. */
const FAILING: ReadonlySet<string> = new Set<UpstreamFailure['class']>(['unavailable', 'unreadable'])

function isFailed (value: unknown): boolean {
  const result = value as PollResult | PolledPage | SubmissionOutcome
  const { failure } = result as { failure?: UpstreamFailure }
  if (!failure || !FAILING.has(failure.class)) return false
  return 'state' in result ? result.state === 'unavailable' : result.outcome === 'unsent' || result.outcome === 'unknown'
}

function isAway (error: unknown): boolean {
  return error instanceof EgressError && error.kind !== 'aborted' && error.kind !== 'refused-address'
}

function throwOpen (): never {
  throw new BreakerOpenError('the breaker is open')
}

function throwUnreachable (): never {
  throw new EgressError('connect', 'the upstream has not been answering', { sent: false })
}

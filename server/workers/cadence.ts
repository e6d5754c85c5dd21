import type { Config } from '../config.ts'

/** The owner's report polled every 15 s; what to do when nothing better is known. */
const FALLBACK_MS = 15_000
/** A `Retry-After` may not push a poll further away than this (DESIGN §4.2). */
const MAX_RETRY_AFTER_MS = 600_000
const DAY_MS = 86_400_000

type Bounds = Pick<Config, 'POLL_MIN_MS' | 'POLL_MAX_MS'>

export interface PollMoment {
  /** Milliseconds since the upstream accepted the task. */
  elapsedMs: number
  /** As the upstream reported it, 0–100; absent when it reports none. */
  progress?: number
  /** Polls in a row that told nothing. */
  failures: number
  /** What the upstream asked for. */
  pollAfterMs?: number
  /** The adapter's least interval. */
  minPollMs: number
}

/** How long to wait for the next poll, in milliseconds: dense when the end is near, sparse when it is far, jittered by ±10 %. */
export function nextPollDelay (bounds: Bounds, moment: PollMoment, random = Math.random): number {
  const wanted = moment.failures > 0 ? backoff(bounds, moment.failures) : towardsTheEnd(bounds, moment)
  const least = Math.max(bounds.POLL_MIN_MS, moment.minPollMs, 0)
  const bounded = Math.min(Math.max(wanted, least), Math.max(bounds.POLL_MAX_MS, least))
  const jittered = bounded * (0.9 + 0.2 * random())
  return Math.round(Math.max(jittered, Math.min(moment.pollAfterMs ?? 0, MAX_RETRY_AFTER_MS)))
}

/** The first look at an accepted task. */
export function firstPollDelay (bounds: Bounds, pollAfterMs = 0): number {
  return Math.max(bounds.POLL_MIN_MS, Math.min(pollAfterMs, MAX_RETRY_AFTER_MS))
}

/** Looking after a task that counts as failed but may still turn up: every 5 minutes at first, every 30 later, for a day. */
export function slowPollDelay (sinceFailureMs: number): number | undefined {
  if (sinceFailureMs > DAY_MS) return undefined
  return sinceFailureMs < 3_600_000 ? 300_000 : 1_800_000
}

/** Extrapolates the reported progress; a fifth of the time that seems left, so that looks get denser towards the end. */
function towardsTheEnd (bounds: Bounds, { elapsedMs, progress }: PollMoment): number {
  const remaining = remainingMs(elapsedMs, progress)
  return remaining === undefined ? Math.min(FALLBACK_MS, bounds.POLL_MAX_MS) : remaining / 5
}

/** Undefined while the progress says too little. */
export function remainingMs (elapsedMs: number, progress?: number): number | undefined {
  if (progress === undefined || progress < 2) return undefined
  return elapsedMs * (100 - progress) / progress
}

function backoff (bounds: Bounds, failures: number): number {
  return Math.min(bounds.POLL_MAX_MS, bounds.POLL_MIN_MS * 2 ** Math.min(failures, 10))
}

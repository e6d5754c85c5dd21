import type { Config } from '../config.ts'
import { EDGES, straightEndMs, tells, type ReportedProgress, type RunTimeProfile } from './run-time-histogram.ts'

/** The owner's report polled every 15 s; what to do when nothing better is known. */
const FALLBACK_MS = 15_000
/** A `Retry-After` may not push a poll further away than this (DESIGN §4.2). */
const MAX_RETRY_AFTER_MS = 600_000
/** A task is left alone for longer than POLL_MAX_MS only while fewer than this share of its like would end. */
const QUIET_SHARE = 0.02
const DAY_MS = 86_400_000

type Bounds = Pick<Config, 'POLL_MIN_MS' | 'POLL_MAX_MS'>

export interface PollMoment {
  /** Milliseconds since the upstream accepted the task. */
  elapsedMs: number
  progress?: ReportedProgress
  /** How long tasks like this one ran before; absent while too few are known. */
  profile?: RunTimeProfile
  /** Polls in a row that told nothing. */
  failures: number
  /** What the upstream asked for. */
  pollAfterMs?: number
  /** The adapter's least interval. */
  minPollMs: number
}

/**
 * How long to wait for the next poll, in milliseconds. Reported progress is extrapolated; without it, the polls that
 * fixed 15 s would spend are placed where past run times make the end likely; with neither it is 15 s. Always at
 * least POLL_MIN_MS, the adapter's interval and what the upstream asked for. At most POLL_MAX_MS, unless past run
 * times leave nothing to see for longer and no progress is there to show.
 */
export function nextPollDelay (bounds: Bounds, moment: PollMoment, random = Math.random): number {
  const spread = random()
  const asked = Math.min((moment.pollAfterMs ?? 0) * (1 + spread / 10), MAX_RETRY_AFTER_MS)
  const least = Math.max(bounds.POLL_MIN_MS, moment.minPollMs) * (1 + spread / 10)
  const wanted = moment.failures > 0 ? backoff(bounds, moment.failures) * (0.9 + spread / 5) : placed(bounds, moment, 0.9 + spread / 5)
  return Math.ceil(Math.max(wanted, least, asked))
}

/** The first look at an accepted task. With nothing known of its like soon, to learn whether it reports progress. */
export function firstPollDelay (bounds: Bounds, { pollAfterMs, profile, random }: { pollAfterMs?: number, profile?: RunTimeProfile, random?: () => number } = {}): number {
  const moment = { elapsedMs: 0, profile, failures: 0, pollAfterMs, minPollMs: 0 }
  return profile ? nextPollDelay(bounds, moment, random) : Math.max(bounds.POLL_MIN_MS, Math.min(pollAfterMs ?? 0, MAX_RETRY_AFTER_MS))
}

/** Looking after a task that counts as failed but may still turn up: every 5 minutes at first, every 30 later, for a day. */
export function slowPollDelay (sinceFailureMs: number): number | undefined {
  if (sinceFailureMs > DAY_MS) return undefined
  return sinceFailureMs < 3_600_000 ? 300_000 : 1_800_000
}

/** Milliseconds until the task is likely done; undefined when nothing is known. The more progress is reported, the more it counts. */
export function remainingMs ({ elapsedMs, progress, profile }: Pick<PollMoment, 'elapsedMs' | 'progress' | 'profile'>): number | undefined {
  const byProfile = profile && elapsedMs < profile.endMs ? timeOf(profile, profile.risk, elapsedMs, Math.LN2) : undefined
  if (!tells(progress)) return byProfile
  const byProgress = extrapolated(elapsedMs, progress, profile?.overrun)
  if (byProfile === undefined) return byProgress
  return byProfile + (byProgress - byProfile) * progress.value / 100
}

function placed (bounds: Bounds, moment: PollMoment, share: number): number {
  const { progress, profile } = moment
  if (tells(progress) && !profile) return Math.min(share * byProgress(moment, progress), noLongerThanSeen(moment), bounds.POLL_MAX_MS)
  if (tells(progress) && profile?.overrun) return Math.min(share * byProgress(moment, progress), bounds.POLL_MAX_MS)
  if (!profile) return Math.min(share * FALLBACK_MS, bounds.POLL_MAX_MS)
  return byProfile(bounds, moment, profile, share)
}

/** What was seen foretells no more than as much again: 3 % after 2 s says little about the next minute, and somebody may be watching the first videos. */
function noLongerThanSeen ({ elapsedMs }: PollMoment): number {
  return Math.max(elapsedMs, 0)
}

/** Half of what is left: few looks on the way, and many near the end. Standing still leaves the more to doubt, hence an eighth. */
function byProgress (moment: PollMoment, { atMs }: ReportedProgress): number {
  return remainingMs(moment)! / (moment.elapsedMs > atMs ? 8 : 2)
}

function byProfile ({ POLL_MAX_MS }: Bounds, { elapsedMs, progress }: PollMoment, profile: RunTimeProfile, share: number): number {
  // Beyond what is known a tenth of the run time: however long it takes, its end is seen at most a tenth later.
  if (elapsedMs >= profile.endMs) return Math.min(share * elapsedMs / 10, POLL_MAX_MS)
  const wanted = timeOf(profile, profile.looks, elapsedMs, share)
  // Progress is to come: looks that show it.
  if (profile.overrun) return Math.min(wanted, share * profile.paceMs, POLL_MAX_MS)
  if (progress?.value) return Math.min(wanted, POLL_MAX_MS)
  return Math.min(wanted, Math.max(POLL_MAX_MS, timeOf(profile, profile.risk, elapsedMs, QUIET_SHARE)))
}

/** Milliseconds from `fromMs` until a curve of the profile has risen by `rise`; until the end of what is known when it does not. */
function timeOf ({ endMs }: RunTimeProfile, curve: readonly number[], fromMs: number, rise: number): number {
  return Math.min(interpolate(curve, EDGES, interpolate(EDGES, curve, fromMs) + rise), endMs) - fromMs
}

/** Piecewise linear, rising; flat outside. */
function interpolate (xs: readonly number[], ys: readonly number[], x: number): number {
  const i = xs.findIndex(edge => edge > x)
  if (i <= 0) return i < 0 ? ys.at(-1)! : ys[0]!
  const [x0, y0] = [xs[i - 1]!, ys[i - 1]!]
  return y0 + (ys[i]! - y0) * (x - x0) / (xs[i]! - x0)
}

/** Milliseconds left by the progress. When it has stalled, half as long again as it has. */
function extrapolated (elapsedMs: number, progress: ReportedProgress, overrun = 1): number {
  return Math.max(straightEndMs(progress) * overrun - elapsedMs, (elapsedMs - progress.atMs) / 2)
}

function backoff (bounds: Bounds, failures: number): number {
  return Math.min(bounds.POLL_MAX_MS, bounds.POLL_MIN_MS * 2 ** Math.min(failures, 10))
}

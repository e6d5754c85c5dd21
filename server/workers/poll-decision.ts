import type { Config } from '../config.ts'
import type { TaskErrorCode } from '../errors.ts'
import { isActive } from '../tasks/statuses.ts'
import type { AttemptResult, FailureClass, PollResult, UpstreamFailure } from '../upstreams/upstream.ts'
import { nextPollDelay, remainingMs, slowPollDelay } from '../cadence/cadence.ts'
import type { ClaimedPoll } from './poll-claims.ts'
import type { ReportedProgress, RunTimeProfile } from '../cadence/run-time-histogram.ts'

/** A 404 counts as lost after this many in a row … */
const LOST_AFTER_POLLS = 3
/** … over at least this time: upstreams answer 404 for moments after a deploy or from a lagging replica. */
const LOST_AFTER_MS = 60_000

export interface PollNews {
  failures: number
  missing: number
  progress: number
  progressSource: 'reported' | 'estimated'
  stage: string
  queuePosition: number | null
  /** Milliseconds from now; null when nothing is known. */
  estimateMs: number | null
}

export type PollDecision =
  | { kind: 'wait', delayMs: number, news: PollNews, polled: boolean }
  | { kind: 'complete', result: AttemptResult }
  /** With `delayMs` the chain goes on: what was paid for may still turn up. */
  | { kind: 'fail', code: TaskErrorCode, detail?: string, class?: FailureClass, delayMs?: number }
  | { kind: 'cancel' }
  /** Nothing is left to learn. */
  | { kind: 'stop' }

type Settings = Pick<Config, 'POLL_MIN_MS' | 'POLL_MAX_MS'> & { minPollMs: number, profile?: RunTimeProfile }

/** Whether asking the upstream can still change anything. */
export function isWorthPolling (poll: ClaimedPoll): boolean {
  if (!poll.is_current) return poll.status !== 'COMPLETED'
  return isActive(poll.status) || (poll.status === 'FAILED' && mayTurnUp(poll.error_code))
}

/** What one reply means for its task: a pure function of what was known and what was said. */
export function decide (settings: Settings, poll: ClaimedPoll, reply: PollResult, hasContent: boolean): PollDecision {
  switch (reply.state) {
    case 'completed': return hasContent ? { kind: 'complete', result: reply.result } : { kind: 'fail', code: 'NO_VIDEO_URL' }
    case 'failed': return { kind: 'fail', code: failureCode(reply.failure), detail: reply.failure.message, class: reply.failure.class }
    case 'cancelled': return { kind: 'cancel' }
    case 'running': return running(settings, poll, reply)
    case 'missing': return isLost(poll)
      ? { kind: 'fail', code: 'UPSTREAM_LOST', detail: reply.failure.message }
      : nothingLearnt(settings, poll, reply.failure, poll.missing + 1)
    // An error while polling never fails a task: only the upstream's own word, a cancel or the deadline ends it.
    case 'unavailable': return nothingLearnt(settings, poll, reply.failure, poll.missing)
  }
}

/** A poll that could not be started now, such as one behind a full channel: nothing was asked, nothing is counted. The deadline holds all the same. */
export function putOff (poll: ClaimedPoll, delayMs: number): PollDecision {
  if (isOver(poll)) return slowly(poll, false)
  if (poll.deadline_in_ms <= 0) return deadlineExceeded()
  return { kind: 'wait', delayMs: untilDeadline(poll, delayMs), polled: false, news: unchanged(poll) }
}

function running (settings: Settings, poll: ClaimedPoll, reply: Extract<PollResult, { state: 'running' }>): PollDecision {
  if (isOver(poll)) return slowly(poll)
  if (poll.deadline_in_ms <= 0) return deadlineExceeded()
  const progress = highestProgress(poll, reply.progress)
  const moment = { elapsedMs: poll.elapsed_ms, progress, profile: settings.profile, failures: 0, pollAfterMs: reply.pollAfterMs, minPollMs: settings.minPollMs }
  return {
    kind: 'wait',
    polled: true,
    delayMs: untilDeadline(poll, nextPollDelay(settings, moment)),
    news: {
      failures: 0,
      missing: 0,
      progress: progress.value,
      progressSource: reply.progress !== undefined ? 'reported' : 'estimated',
      stage: reply.stage,
      queuePosition: reply.queuePosition ?? null,
      estimateMs: remainingMs(moment) ?? null
    }
  }
}

/** Upstreams are seen to go back a little; a task does not. */
function highestProgress (poll: ClaimedPoll, reported = 0): ReportedProgress {
  const value = Math.min(99, Math.floor(reported))
  return value > poll.progress ? { value, atMs: poll.elapsed_ms } : { value: poll.progress, atMs: poll.progress_after_ms }
}

function nothingLearnt (settings: Settings, poll: ClaimedPoll, failure: UpstreamFailure, missing: number): PollDecision {
  if (isOver(poll)) return slowly(poll)
  if (poll.deadline_in_ms <= 0) return deadlineExceeded()
  const failures = poll.failures + 1
  const delayMs = nextPollDelay(settings, { elapsedMs: poll.elapsed_ms, failures, pollAfterMs: failure.retryAfterMs, minPollMs: settings.minPollMs })
  return { kind: 'wait', polled: true, delayMs: untilDeadline(poll, delayMs), news: { ...unchanged(poll), failures, missing } }
}

function deadlineExceeded (): PollDecision {
  return { kind: 'fail', code: 'DEADLINE_EXCEEDED', delayMs: slowPollDelay(0) }
}

/** Nobody waits for it any more, but it may still turn up. */
export function isOver (poll: ClaimedPoll): boolean {
  return poll.status === 'FAILED' || !poll.is_current
}

function slowly (poll: ClaimedPoll, polled = true): PollDecision {
  const delayMs = slowPollDelay(-poll.deadline_in_ms)
  return delayMs === undefined ? { kind: 'stop' } : { kind: 'wait', delayMs, polled, news: unchanged(poll) }
}

/** The last look before the deadline comes at the deadline, so that a task never overstays it by a whole interval. */
function untilDeadline (poll: ClaimedPoll, delayMs: number): number {
  return Math.min(delayMs, Math.max(poll.deadline_in_ms, 0) + 50)
}

function unchanged (poll: ClaimedPoll): PollNews {
  return {
    failures: poll.failures,
    missing: poll.missing,
    progress: poll.progress,
    progressSource: poll.progress_source,
    stage: poll.stage,
    queuePosition: poll.queue_position,
    estimateMs: null
  }
}

function isLost (poll: ClaimedPoll): boolean {
  return poll.missing + 1 >= LOST_AFTER_POLLS && poll.missing_for_ms >= LOST_AFTER_MS
}

function mayTurnUp (code: string | null): boolean {
  return code === 'DEADLINE_EXCEEDED' || code === 'SUBMISSION_UNCONFIRMED'
}

function failureCode (failure: UpstreamFailure): TaskErrorCode {
  return failure.class === 'moderation' ? 'UPSTREAM_MODERATED' : 'UPSTREAM_FAILED'
}

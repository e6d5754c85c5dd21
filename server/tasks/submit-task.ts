import { isAboutChannel, noteRefusal } from '../channels/standing.ts'
import { pauseSubmissions } from '../channels/submission-slots.ts'
import type { AccountRef } from '../channels/upstreams.ts'
import type { ServerContext } from '../context.ts'
import type { Task, TaskAttempt } from '../database/tables.ts'
import { retryWrite } from '../database/retry-write.ts'
import type { TaskErrorCode } from '../errors.ts'
import { failpoint } from '../failpoints.ts'
import type { SubmissionOutcome, Upstream, UpstreamFailure } from '../upstreams/upstream.ts'
import { firstPollDelay, remainingMs } from '../cadence/cadence.ts'
import { scheduleConfirmation, scheduleSubmission, type TaskJob } from '../queues/queues.ts'
import { bindUpstreamJob, ExternalIdTaken, type Accepted } from './bind-upstream-job.ts'
import { cancelIfAsked, carryOutCancel } from './cancel-task.ts'
import { moveAttempt } from './move-attempt.ts'
import { sendAttempt } from './send-attempt.ts'
import { claimAttempt, closeAttempt, postponeAttempt, type Submittable } from './submission-records.ts'
import { failTask, logTransition, setStage } from './transitions.ts'

/** What became of a try, for whoever waits for it. */
export type SubmissionVerdict =
  | { verdict: 'accepted', task: Task }
  | { verdict: 'refused', code: TaskErrorCode, failure: UpstreamFailure }
  /** Not settled yet: waiting for room, rate-limited, never sent, or of unknown outcome. */
  | { verdict: 'open' }

/** Another channel has it now: the next attempt is to be submitted. */
export interface Moved { verdict: 'moved', next: TaskJob }

/** Twice what an upstream may take to answer, so that a sender still in time holds its lease. */
export function submissionLeaseMs ({ SUBMIT_TIMEOUT_MS }: ServerContext['config']): number {
  return 2 * SUBMIT_TIMEOUT_MS
}

/**
 * Submits one attempt: claims it, calls the upstream once, records the outcome. Run inline by the process that
 * took the request, and by the submit-task job when that process died before it got here. Running it twice is
 * harmless: the claim lets one through.
 */
export async function submitTask (context: ServerContext, job: TaskJob, signal: AbortSignal, { mayLeave = true } = {}): Promise<SubmissionVerdict | Moved> {
  const claimedAt = performance.now()
  const claim = await claimAttempt(context.db, job, { leaseMs: submissionLeaseMs(context.config), mayLeave, open: account => openUpstream(context, account, job) })
  if (!claim) return { verdict: 'open' }
  if ('leaving' in claim) return await leave(context, claim.leaving) ?? await submitTask(context, job, signal, { mayLeave: false })
  if ('waitMs' in claim) {
    await scheduleSubmission(context.boss, context.db, job, claim.waitMs / 1000)
    return { verdict: 'open' }
  }
  context.feed.wake()
  failpoint('submit.after-claim', job.taskId)

  const outcome = await sendAttempt(context, claim.claimed, claim.upstream, claimedAt, signal)
  failpoint('submit.after-send', job.taskId)
  return await recordOutcome(context, claim.claimed, outcome, signal)
}

/** A channel without a key, or one that cannot be opened, sends nothing: that is no failure of the task. */
async function openUpstream ({ upstreams, log }: ServerContext, account: AccountRef, { taskId }: TaskJob): Promise<Upstream | undefined> {
  try {
    return await upstreams.forAttempt(account)
  } catch (error) {
    log.error({ err: error, videoId: taskId, channelId: account.channel_id }, 'the account of a submission could not be opened')
    return undefined
  }
}

/** Writes down what is known. Also for a repeat with the same idempotency key, when the first outcome was unknown. */
export async function recordOutcome (context: ServerContext, attempt: Submittable, outcome: SubmissionOutcome, signal: AbortSignal): Promise<SubmissionVerdict | Moved> {
  switch (outcome.outcome) {
    case 'accepted': return await accept(context, attempt, outcome, signal)
    case 'refused': return await move(context, attempt, outcome) ?? (outcome.failure.class === 'rate_limit'
      ? await postpone(context, attempt, outcome.failure)
      : await refuse(context, attempt, outcome.failure))
    case 'unsent': return await move(context, attempt, outcome) ?? await postpone(context, attempt, outcome.failure)
    case 'unknown': return await leaveUnknown(context, attempt, outcome.failure)
  }
}

/** To another channel, when it was this one that did not take it. Nothing was made, so nothing can be paid for twice. */
async function move (context: ServerContext, attempt: Submittable, { outcome, failure }: Extract<SubmissionOutcome, { outcome: 'refused' | 'unsent' }>): Promise<Moved | undefined> {
  if (!isAboutChannel(failure.class)) return undefined
  const limited = failure.class === 'rate_limit'
  const passing = limited || outcome === 'unsent'
  const next = await moveAttempt(context, attempt, {
    from: 'sending',
    // A 429 comes to an end by itself.
    state: passing ? 'unsent' : 'refused',
    code: limited ? 'RATE_LIMITED' : passing ? 'CHANNEL_UNAVAILABLE' : refusalCode(failure),
    failure,
    ...limited && { pauseMs: failure.retryAfterMs ?? retryDelay(attempt.tries) }
  })
  return next && { verdict: 'moved', next }
}

/** The channel of an attempt that was not sent takes no new tasks any more. */
async function leave (context: ServerContext, attempt: Submittable): Promise<Moved | undefined> {
  const failure: UpstreamFailure = { class: 'unavailable', message: 'its channel takes no new tasks any more' }
  const next = await moveAttempt(context, attempt, { from: 'pending', state: 'unsent', code: 'CHANNEL_UNAVAILABLE', failure })
  return next && { verdict: 'moved', next }
}

/** A sender that holds an accepted id logs it and repeats the recording until it is taken: the id is worth money. */
async function accept (context: ServerContext, attempt: Submittable, accepted: Accepted, signal: AbortSignal): Promise<SubmissionVerdict> {
  const { db, boss, config, log, runTimes } = context
  log.info({ videoId: attempt.task_id, externalTaskId: accepted.externalTaskId, channelId: attempt.channel_id }, 'upstream accepted')
  const profile = await runTimes.find({ channelId: attempt.channel_id, model: attempt.model, duration: attempt.duration })
  const firstPollMs = firstPollDelay(config, { pollAfterMs: accepted.pollAfterMs, profile })
  const estimateMs = remainingMs({ elapsedMs: 0, profile })
  const bound = await retryWrite(log, signal, () =>
    bindUpstreamJob(db, boss, { attempt, accepted, firstPollMs, estimateMs, adopted: false }).catch(asTaken))
  failpoint('submit.after-record', attempt.task_id)
  if (bound instanceof ExternalIdTaken) return await refuse(context, attempt, { class: 'unreadable', message: bound.message })

  context.feed.wake()
  const task = bound?.task
  if (!task) return { verdict: 'open' }
  logTransition(log, task)
  if (task.cancel_requested_at) await carryOutCancel(context, task)
  return { verdict: 'accepted', task }
}

async function refuse (context: ServerContext, attempt: TaskAttempt, failure: UpstreamFailure): Promise<SubmissionVerdict> {
  const code = refusalCode(failure)
  const task = await context.db.transaction().execute(async trx => {
    if (!await closeAttempt(trx, jobOf(attempt), 'refused', code, failure.message)) return undefined
    await noteRefusal(trx, attempt.channel_id, failure.class)
    return await failTask(trx, attempt.task_id, attempt.attempt, code, failure.message, failure.class)
  })
  context.feed.wake()
  if (task) logTransition(context.log, task)
  return { verdict: 'refused', code, failure }
}

/** Nothing was made: the attempt waits and is tried again, until its deadline. A 429 holds back the whole channel. */
async function postpone (context: ServerContext, attempt: TaskAttempt, failure: UpstreamFailure): Promise<SubmissionVerdict> {
  const job = jobOf(attempt)
  const limited = failure.class === 'rate_limit'
  const delayMs = failure.retryAfterMs ?? retryDelay(attempt.tries)
  const cancelled = await context.db.transaction().execute(async trx => {
    if (!await postponeAttempt(trx, job, delayMs, limited ? 'RATE_LIMITED' : 'CHANNEL_UNAVAILABLE', failure.message)) return undefined
    if (limited) await pauseSubmissions(trx, attempt.channel_id, delayMs)
    await scheduleSubmission(context.boss, trx, job, delayMs / 1000)
    return await cancelIfAsked(trx, job)
  })
  context.log.warn({ videoId: attempt.task_id, channelId: attempt.channel_id, class: failure.class, delayMs }, 'submission postponed')
  context.feed.wake()
  if (cancelled) logTransition(context.log, cancelled)
  return { verdict: 'open' }
}

/** It may have been made and billed. No blind second try: the upstream is asked; where it cannot be, the doubt is shown. */
export async function leaveUnknown (context: ServerContext, attempt: TaskAttempt, failure: UpstreamFailure): Promise<SubmissionVerdict> {
  const job = jobOf(attempt)
  const { capabilities } = await context.upstreams.forAttempt(attempt)
  const task = await context.db.transaction().execute(async trx => {
    if (!await closeAttempt(trx, job, 'unknown', 'SUBMISSION_UNCONFIRMED', failure.message)) return undefined
    if (capabilities.createSafety === 'none') return await failTask(trx, job.taskId, job.attempt, 'SUBMISSION_UNCONFIRMED', failure.message)
    await setStage(trx, job.taskId, job.attempt, 'confirming')
    await scheduleConfirmation(context.boss, trx, job, 1)
    return undefined
  })
  context.log.warn({ videoId: job.taskId, channelId: attempt.channel_id, reason: failure.message }, 'submission of unknown outcome')
  context.feed.wake()
  if (task) logTransition(context.log, task)
  return { verdict: 'open' }
}

/** How a client reads a definite refusal. An upstream's 401 is never the client's. */
export function refusalCode (failure: UpstreamFailure): TaskErrorCode {
  switch (failure.class) {
    case 'auth': return 'UPSTREAM_AUTH'
    case 'moderation': return 'UPSTREAM_MODERATED'
    case 'unreadable': return 'UPSTREAM_UNREADABLE'
    default: return 'UPSTREAM_REFUSED'
  }
}

/** 1–2 s, 2–4 s, 4–8 s … at most a minute: jitter on the upper half. */
function retryDelay (tries: number): number {
  const ceiling = Math.min(60_000, 1_000 * 2 ** Math.min(tries, 6))
  return Math.round(ceiling / 2 + Math.random() * ceiling / 2)
}

function asTaken (error: unknown): ExternalIdTaken {
  if (error instanceof ExternalIdTaken) return error
  throw error
}

function jobOf (attempt: TaskAttempt): TaskJob {
  return { taskId: attempt.task_id, attempt: attempt.attempt }
}

import { sql } from 'kysely'
import { isAboutChannel } from '../channels/standing.ts'
import type { ServerContext } from '../context.ts'
import type { Db, TaskAttempt } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import { failpoint } from '../failpoints.ts'
import type { ListedJob, Upstream } from '../upstreams/upstream.ts'
import { firstPollDelay, slowPollDelay } from '../cadence/cadence.ts'
import { scheduleConfirmation, scheduleSubmission, type TaskJob } from '../queues/queues.ts'
import { bindUpstreamJob } from './bind-upstream-job.ts'
import { cancelIfUnheard, carryOutCancel, markCancelled } from './cancel-task.ts'
import { findDoubt, findRivals, hasEqualSender, markNotMade, noteLook, withoutBound, type Doubt } from './doubts.ts'
import { matchListedJobs, type Matches } from './match-listed-jobs.ts'
import { sendAttempt } from './send-attempt.ts'
import { recordOutcome, submissionLeaseMs } from './submit-task.ts'
import { lockQueued } from './submission-records.ts'
import { insertAttempt } from './task-repository.ts'
import { failTask, logTransition, transitionTask } from './transitions.ts'

/** The upstream's clock and ours may differ by this, even where its replies are not dated. */
const CLOCK_SKEW_MS = 120_000
const LOOK_AGAIN_SECONDS = 5
/** New attempts that may follow from unknown outcomes alone, without anybody asking. */
const MAX_ATTEMPTS = 3

/**
 * Finds out what became of a submission of unknown outcome, by what its provider offers: the same idempotency key
 * again, or a look at its list. One match is adopted. None, after a grace that outlasts any sender: a new attempt.
 * Run by the confirm-task job; each look schedules the next. What is in doubt no more may still have to be cancelled.
 */
export async function confirmSubmission (context: ServerContext, job: TaskJob, signal: AbortSignal): Promise<void> {
  const doubt = await findDoubt(context.db, job)
  if (!doubt) return await cancelIfUnheard(context, job)
  await noteLook(context.db, job)
  const upstream = await context.upstreams.forAttempt(doubt)
  switch (upstream.capabilities.createSafety) {
    case 'idempotent': return await sendAgain(context, doubt, upstream, signal)
    case 'lookup':
    case 'list': return await lookForIt(context, doubt, upstream, signal)
    case 'none': return await giveUp(context, doubt, 'the provider cannot be asked')
  }
}

/** The provider makes one job for one key, however often it is asked. */
async function sendAgain (context: ServerContext, doubt: Doubt, upstream: Upstream, signal: AbortSignal): Promise<void> {
  if (!await isDoubtful(context, doubt)) return
  // If the first try never arrived, the second would have made what nobody wants any more.
  if (doubt.cancel_requested_at) return await giveUp(context, doubt, 'it was to be cancelled, and to ask the provider is to submit it')
  const outcome = await sendAttempt(context, doubt, upstream, performance.now(), signal)
  // Only an answer to the key itself says what became of the first try: one about the channel does not.
  const tells = outcome.outcome === 'accepted' || (outcome.outcome === 'refused' && !isAboutChannel(outcome.failure.class))
  if (tells) await recordOutcome(context, { ...doubt, ...await reopen(context, doubt) }, outcome, signal)
  else await lookAgain(context, doubt)
}

async function lookForIt (context: ServerContext, doubt: Doubt, upstream: Upstream, signal: AbortSignal): Promise<void> {
  // An equal submission still under way may be the one that shows up: its own answer will tell.
  if (await hasEqualSender(context.db, doubt)) return await lookOn(context, doubt)
  let jobs
  try {
    jobs = await listCandidates(context.db, doubt, upstream, signal)
  } catch (error) {
    context.log.warn({ err: error, videoId: doubt.task_id, channelId: doubt.channel_id }, 'the upstream could not be asked about a submission')
    return await lookOn(context, doubt)
  }
  failpoint('confirm.after-look', doubt.task_id)
  const [earliest, ...others] = jobs.ours
  if (earliest) return await adopt(context, doubt, earliest, others)
  if (doubt.asked_for_ms < graceMs(context)) return await lookOn(context, doubt)
  if (!await isDoubtful(context, doubt)) return await lookAgain(context, doubt)
  if (jobs.doubtful.length === 0) return await attemptAnew(context, doubt)
  await giveUp(context, doubt, 'the provider lists jobs that may be this one, and does not say enough of them')
  await lookAgain(context, doubt)
}

/** What the provider lists of the window and nobody has. */
async function listCandidates (db: Db, doubt: Doubt, upstream: Upstream, signal: AbortSignal): Promise<Matches> {
  const from = new Date(doubt.sent_at!.getTime() - CLOCK_SKEW_MS)
  const now = new Date(doubt.sent_at!.getTime() + doubt.asked_for_ms)
  const to = new Date(now.getTime() + CLOCK_SKEW_MS)
  const listed = await upstream.list!({ from, to, now }, signal)
  const free = await withoutBound(db, doubt.channel_id, listed)
  const rivals = free.length === 0 ? [] : await findRivals(db, doubt, from, to)
  return matchListedJobs(upstream.capabilities, doubt, rivals, free)
}

async function adopt (context: ServerContext, doubt: Doubt, found: ListedJob, others: ListedJob[]): Promise<void> {
  const { db, boss, config, log } = context
  const bound = await bindUpstreamJob(db, boss, { attempt: doubt, accepted: { externalTaskId: found.externalTaskId }, firstPollMs: firstPollDelay(config), adopted: true })
  failpoint('confirm.after-adopt', doubt.task_id)
  if (!bound) return await lookAgain(context, doubt)
  const { task } = bound
  await appendNote(db, task ?? { ...doubt, id: doubt.task_id }, { note: 'adopted', externalTaskId: found.externalTaskId, orphans: others.map(other => other.externalTaskId) })
  log.info({ videoId: doubt.task_id, externalTaskId: found.externalTaskId, orphans: others.length }, 'adopted the upstream job of an unconfirmed submission')
  context.feed.wake()
  if (!task) return
  logTransition(log, task)
  if (task.cancel_requested_at) await carryOutCancel(context, task)
}

/** Nothing was made: the provider was asked long enough. A task that was to be cancelled is; any other is sent anew. */
async function attemptAnew (context: ServerContext, doubt: Doubt): Promise<void> {
  const { db, boss, config, log } = context
  const task = await db.transaction().execute(async trx => {
    const current = await lockQueued(trx, jobOf(doubt), 'unknown')
    if (!current) return undefined
    if (current.cancel_requested_at) {
      await markNotMade(trx, doubt, 'cancelled')
      return await markCancelled(trx, current)
    }
    if (doubt.attempt >= MAX_ATTEMPTS) return await failTask(trx, doubt.task_id, doubt.attempt, 'SUBMISSION_UNCONFIRMED', 'the provider does not know it')
    await markNotMade(trx, doubt, 'unsent')
    const next = await transitionTask(trx, {
      ...jobOf(doubt),
      from: ['QUEUED'],
      to: 'QUEUED',
      changes: { stage: 'accepted', attempt: doubt.attempt + 1 },
      detail: { reason: 'the provider does not know the last submission', attempt: doubt.attempt }
    })
    await insertAttempt(trx, next!, config.TASK_DEADLINE_MS)
    await scheduleSubmission(boss, trx, { taskId: doubt.task_id, attempt: doubt.attempt + 1 }, 0)
    return next
  })
  failpoint('confirm.after-renew', doubt.task_id)
  context.feed.wake()
  if (task) logTransition(log, task)
  if (task?.status === 'FAILED') await lookAgain(context, doubt)
}

/** The task fails with the doubt said aloud. */
async function giveUp (context: ServerContext, doubt: Doubt, reason: string): Promise<void> {
  const task = await context.db.transaction().execute(trx => failTask(trx, doubt.task_id, doubt.attempt, 'SUBMISSION_UNCONFIRMED', reason))
  context.feed.wake()
  if (task) logTransition(context.log, task)
}

/** Looks again, but first sees to the deadline: the grace, or another's submission, may outlast it. */
async function lookOn (context: ServerContext, doubt: Doubt): Promise<void> {
  await isDoubtful(context, doubt)
  await lookAgain(context, doubt)
}

/** Often while the task waits for it, seldom once it has failed or was sent anew, not at all after a day. */
async function lookAgain ({ db, boss, config }: ServerContext, doubt: Doubt): Promise<void> {
  const waits = doubt.is_current && doubt.status === 'QUEUED' && doubt.past_deadline_ms < 0
  const delayMs = waits ? Math.min(LOOK_AGAIN_SECONDS * 1000, config.SUBMIT_TIMEOUT_MS) : slowPollDelay(Math.max(doubt.past_deadline_ms, 0))
  if (delayMs !== undefined) await scheduleConfirmation(boss, db, jobOf(doubt), delayMs / 1000)
}

/** False when the deadline has passed: then the task fails, and only slow looks go on. */
async function isDoubtful (context: ServerContext, doubt: Doubt): Promise<boolean> {
  if (doubt.status !== 'QUEUED' || !doubt.is_current) return false
  if (doubt.past_deadline_ms < 0) return true
  await giveUp(context, doubt, 'the provider gave no answer before the deadline')
  return false
}

/** After the lease nobody sends any more, and within the total timeout whatever was sent has arrived. */
function graceMs ({ config }: ServerContext): number {
  return 3 * config.SUBMIT_TIMEOUT_MS
}

/** Back to `sending`, as the records of an outcome expect it; with a lease, should this process die before it writes one. */
async function reopen ({ db, config }: ServerContext, { task_id: taskId, attempt }: Doubt): Promise<TaskAttempt> {
  return await db
    .updateTable('task_attempts')
    .set({ state: 'sending', finished_at: null, lease_until: sql`now() + ${submissionLeaseMs(config)} * interval '1 millisecond'` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'unknown')
    .returningAll()
    .executeTakeFirstOrThrow()
}

function jobOf ({ task_id: taskId, attempt }: TaskAttempt): TaskJob {
  return { taskId, attempt }
}

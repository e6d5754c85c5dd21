import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Db, Task, TaskAttempt } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import { failpoint } from '../failpoints.ts'
import type { CancelResult } from '../upstreams/upstream.ts'
import { hastenPoll } from './poll-hints.ts'
import { scheduleCancel, withoutCancelJob, type TaskJob } from '../queues/queues.ts'
import { forgetSuspicion, resumePolling } from './resume-polling.ts'
import { closeAttempt } from './submission-records.ts'
import { ACTIVE_STATUSES, isActive } from './statuses.ts'
import { findAttempt, findOwnTaskOrThrow, type TaskView } from './task-repository.ts'
import { logTransition, transitionTask } from './transitions.ts'

/**
 * Cancels a task as far as that is possible, and says truthfully how far: `cancelled` at once, `requested` when the
 * upstream has yet to say so, `tooLate` and `unsupported` change nothing.
 */
export async function cancelTask (context: ServerContext, userId: string, videoId: string): Promise<{ outcome: CancelResult, task: TaskView }> {
  const task = await findOwnTaskOrThrow(context.db, userId, videoId)
  const outcome = await cancel(context, task)
  context.feed.wake()
  return { outcome, task: await findOwnTaskOrThrow(context.db, userId, videoId) }
}

async function cancel (context: ServerContext, task: Task): Promise<CancelResult> {
  if (task.status === 'CANCELLED') return 'cancelled'
  if (!isActive(task.status)) return 'tooLate'
  if (await cancelUnsent(context, task)) return 'cancelled'
  const upstream = await context.upstreams.forAttempt(task)
  if (!upstream.cancel) return 'unsupported'
  const asked = await requestCancel(context.db, task)
  // The sender may have put it back in line before it could see that, or a new attempt may have followed.
  if (await cancelUnsent(context, asked)) return 'cancelled'
  // Read again: the upstream may have accepted in between, and then nobody else would carry it out.
  const now = await context.db.selectFrom('tasks').selectAll().where('id', '=', task.id).executeTakeFirstOrThrow()
  return now.external_task_id === null ? 'requested' : await carryOutCancel(context, now)
}

/** Before submission: it is never sent. */
async function cancelUnsent ({ db, log }: ServerContext, task: Task): Promise<boolean> {
  const cancelled = await db.transaction().execute(async trx => {
    const attempt = await trx
      .selectFrom('task_attempts')
      .select('state')
      .where('task_id', '=', task.id)
      .where('attempt', '=', task.attempt)
      .forUpdate()
      .executeTakeFirst()
    if (attempt?.state !== 'pending') return undefined
    await closeAttempt(trx, { taskId: task.id, attempt: task.attempt }, 'cancelled', null, null)
    return await markCancelled(trx, task)
  })
  if (cancelled) logTransition(log, cancelled)
  return cancelled !== undefined
}

/** For a cancel that came while the attempt was being sent, once it turns out that nothing was: it stays unsent. */
export async function cancelIfAsked (trx: Db, job: TaskJob): Promise<Task | undefined> {
  const task = await trx
    .selectFrom('tasks')
    .selectAll()
    .where('id', '=', job.taskId)
    .where('attempt', '=', job.attempt)
    .where('cancel_requested_at', 'is not', null)
    .executeTakeFirst()
  if (!task) return undefined
  await closeAttempt(trx, job, 'cancelled', null, null)
  return await markCancelled(trx, task)
}

/** Tells the upstream. Also called when a task that was to be cancelled while submitting turns out to be accepted. */
export async function carryOutCancel (context: ServerContext, task: Task): Promise<CancelResult> {
  const attempt = await findAttempt(context.db, task.id, task.attempt)
  failpoint('cancel.before-ask', task.id)
  const result = await askUpstream(context, task, attempt!)
  failpoint('cancel.after-ask', task.id)
  if (result === 'cancelled') {
    const cancelled = await context.db.transaction().execute(trx => markCancelled(trx, task))
    if (cancelled) logTransition(context.log, cancelled)
    context.feed.wake()
    return cancelled ? 'cancelled' : 'tooLate'
  }
  // Only a poll can tell how it ends: so a quarantined one gets another chance.
  if (result === 'requested') await resumePolling(context, task) || await hastenPoll(context, attempt!)
  else await withdrawCancel(context.db, task, result)
  return result
}

/** For a cancel that was promised, and of which its provider may not have heard. */
export async function cancelIfUnheard (context: ServerContext, { taskId, attempt }: TaskJob): Promise<void> {
  const task = await context.db
    .selectFrom('tasks')
    .selectAll()
    .where('id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('status', '=', 'PROCESSING')
    .where('external_task_id', 'is not', null)
    .where('cancel_requested_at', 'is not', null)
    .executeTakeFirst()
  if (task) await carryOutCancel(context, task)
}

async function askUpstream ({ upstreams, db, boss, config, log }: ServerContext, task: Task, attempt: TaskAttempt): Promise<CancelResult> {
  const taskJob = { taskId: task.id, attempt: task.attempt }
  const upstream = await upstreams.forAttempt(attempt)
  if (!upstream.cancel) return 'unsupported'
  let result: CancelResult
  try {
    const job = { externalTaskId: attempt.external_task_id!, handle: attempt.handle, result: attempt.result ?? undefined }
    result = await upstream.cancel(job, AbortSignal.timeout(config.SUBMIT_TIMEOUT_MS))
  } catch (error) {
    // It may have arrived: polling will tell. If it goes on, it is asked again.
    log.warn({ err: error, videoId: task.id }, 'the answer to a cancel was lost')
    await scheduleCancel(boss, db, taskJob)
    return 'requested'
  }
  await withoutCancelJob(db, taskJob)
  return result
}

/** Ends a running task as CANCELLED. */
export async function markCancelled (trx: Db, task: Task): Promise<Task | undefined> {
  const job = { taskId: task.id, attempt: task.attempt }
  const cancelled = await transitionTask(trx, { ...job, from: ACTIVE_STATUSES, to: 'CANCELLED', changes: { completed_at: sql`now()` as never } })
  if (cancelled) await endPolling(trx, task)
  return cancelled
}

/** No more polls and no copy, and whoever is at it now can write nothing. */
export async function endPolling (trx: Db, task: Pick<Task, 'id'>): Promise<void> {
  await trx
    .updateTable('task_polls')
    .set({ next_poll_at: null, lease_token: null, lease_until: null })
    .where('task_id', '=', task.id)
    .execute()
  await forgetSuspicion(trx, task.id)
  await trx.deleteFrom('task_saves').where('task_id', '=', task.id).execute()
}

async function requestCancel (db: Db, task: Task): Promise<Task> {
  return await db
    .updateTable('tasks')
    .set({ cancel_requested_at: sql`coalesce(cancel_requested_at, now())`, updated_at: sql`now()` })
    .where('id', '=', task.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function withdrawCancel (db: Db, task: Task, result: CancelResult): Promise<void> {
  await db.updateTable('tasks').set({ cancel_requested_at: null }).where('id', '=', task.id).execute()
  await appendNote(db, task, { note: 'cancel-refused', outcome: result })
}

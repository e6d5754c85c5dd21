import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { Db, Task, TaskAttempt } from '../database/tables.ts'
import type { SubmissionOutcome } from '../upstreams/upstream.ts'
import { pollKey, schedulePoll, type TaskJob } from '../workers/queues.ts'
import { ACTIVE_STATUSES } from './statuses.ts'
import { setStage, transitionTask } from './transitions.ts'

export type Accepted = Extract<SubmissionOutcome, { outcome: 'accepted' }>

/**
 * Takes a pending attempt for sending. The lease is committed before the socket opens, so that whoever finds
 * it expired knows that bytes may have left. Undefined: not pending, not due, or somebody else's.
 */
export async function claimAttempt (db: Db, { taskId, attempt }: TaskJob, leaseMs: number): Promise<TaskAttempt | undefined> {
  return await db.transaction().execute(async trx => {
    const claimed = await trx
      .updateTable('task_attempts')
      .set({
        state: 'sending',
        lease_token: crypto.randomUUID(),
        lease_until: sql`now() + ${leaseMs} * interval '1 millisecond'`,
        sent_at: sql`now()`,
        tries: sql`tries + 1`
      })
      .where('task_id', '=', taskId)
      .where('attempt', '=', attempt)
      .where('state', '=', 'pending')
      .where(sql<boolean>`coalesce(not_before, now()) <= now()`)
      .where(sql<boolean>`deadline_at > now()`)
      .returningAll()
      .executeTakeFirst()
    if (claimed) await setStage(trx, taskId, attempt, 'submitting')
    return claimed
  })
}

/**
 * Binds the upstream's id, moves the task to PROCESSING and schedules the first poll, in one transaction.
 * Keyed by the attempt and not by the lease: an acknowledgement is always taken, however late.
 */
export async function recordAccepted (db: Db, boss: PgBoss, job: TaskJob, accepted: Accepted, firstPollMs: number): Promise<Task | undefined> {
  const { externalTaskId } = accepted
  return await db.transaction().execute(async trx => {
    const attempt = await trx
      .updateTable('task_attempts')
      .set({
        state: 'accepted',
        external_task_id: externalTaskId,
        handle: accepted.handle === undefined ? null : JSON.stringify(accepted.handle),
        accepted_at: sql`now()`,
        lease_token: null,
        lease_until: null
      })
      .where('task_id', '=', job.taskId)
      .where('attempt', '=', job.attempt)
      .where('state', '!=', 'accepted')
      .returningAll()
      .executeTakeFirst()
    if (!attempt) return undefined

    const task = await transitionTask(trx, {
      ...job,
      // FAILED only for SUBMISSION_UNCONFIRMED: the attempt turned up after all (DESIGN §4).
      from: ['QUEUED', 'FAILED'],
      to: 'PROCESSING',
      changes: { external_task_id: externalTaskId, stage: 'waiting', progress: 0, started_at: sql`now()` as never, error_code: null, error_detail: null, completed_at: null },
      detail: { externalTaskId }
    })
    await startPolling(trx, boss, attempt, firstPollMs)
    return task
  })
}

/** Opens the poll chain of an accepted attempt. */
async function startPolling (trx: Db, boss: PgBoss, attempt: TaskAttempt, firstPollMs: number): Promise<void> {
  const { user_id: userId } = await trx.selectFrom('tasks').select('user_id').where('id', '=', attempt.task_id).executeTakeFirstOrThrow()
  const inserted = await trx
    .insertInto('task_polls')
    .values({
      task_id: attempt.task_id,
      attempt: attempt.attempt,
      user_id: userId,
      channel_id: attempt.channel_id,
      next_poll_at: sql`now() + ${firstPollMs} * interval '1 millisecond'`
    })
    .onConflict(conflict => conflict.columns(['task_id', 'attempt']).doNothing())
    .executeTakeFirst()
  if (!inserted.numInsertedOrUpdatedRows) return
  const job = { taskId: attempt.task_id, attempt: attempt.attempt }
  await schedulePoll(boss, trx, job, pollKey(attempt.channel_id, attempt.external_task_id!), firstPollMs / 1000)
}

/** Ends an attempt that made nothing (`refused`, `unsent`), or of which nobody knows (`unknown`). False: it was no longer being sent. */
export async function closeAttempt (trx: Db, { taskId, attempt }: TaskJob, state: 'refused' | 'unsent' | 'unknown', code: string, detail: string): Promise<boolean> {
  const closed = await trx
    .updateTable('task_attempts')
    .set({ state, error_code: code, error_detail: detail, lease_token: null, lease_until: null, finished_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', 'in', ['pending', 'sending'])
    .executeTakeFirst()
  return closed.numUpdatedRows > 0n
}

/** Puts an attempt that made nothing back in line. */
export async function postponeAttempt (trx: Db, { taskId, attempt }: TaskJob, delayMs: number, code: string, detail: string): Promise<boolean> {
  const postponed = await trx
    .updateTable('task_attempts')
    .set({
      state: 'pending',
      not_before: sql`now() + ${delayMs} * interval '1 millisecond'`,
      error_code: code,
      error_detail: detail,
      lease_token: null,
      lease_until: null
    })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'sending')
    .executeTakeFirst()
  if (postponed.numUpdatedRows === 0n) return false
  await trx
    .updateTable('tasks')
    .set({ stage: 'accepted', updated_at: sql`now()` })
    .where('id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('status', 'in', [...ACTIVE_STATUSES])
    .execute()
  return true
}

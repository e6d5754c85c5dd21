import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { Db, Task, TaskAttempt } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import type { SubmissionOutcome } from '../upstreams/upstream.ts'
import { pollKey, scheduleConfirmation, schedulePoll, type TaskJob } from '../queues/queues.ts'
import { forgetSuspicion } from './resume-polling.ts'
import { transitionTask } from './transitions.ts'

export type Accepted = Omit<Extract<SubmissionOutcome, { outcome: 'accepted' }>, 'outcome'>

/** The upstream gave an id that it had given to another task before: one of the two answers is wrong. */
export class ExternalIdTaken extends Error {
  override name = 'ExternalIdTaken'
}

interface Binding {
  job: TaskJob
  accepted: Accepted
  firstPollMs: number
  /** When the task is likely done, in milliseconds from now. */
  estimateMs?: number
  /** Found by a look-up. An id that the upstream itself gave in answer to us beats an adopted one, on either side. */
  adopted: boolean
}

/**
 * Binds the upstream's id to an attempt, moves the task to PROCESSING and opens the poll chain, in one transaction.
 * Keyed by the attempt and not by a lease: an acknowledgement is always taken, however late. Undefined: the attempt
 * is bound already, or its task does not move any more. Throws ExternalIdTaken.
 */
export async function bindUpstreamJob (db: Db, boss: PgBoss, { job, accepted, firstPollMs, estimateMs, adopted }: Binding): Promise<Task | undefined> {
  return await db.transaction().execute(async trx => {
    const current = await lockAttempt(trx, job)
    if (current.external_task_id === accepted.externalTaskId) return undefined
    if (current.state === 'accepted' && (adopted || !current.adopted || current.result !== null)) return undefined
    if (!await freeExternalId(trx, boss, current, accepted.externalTaskId, adopted)) return undefined

    const attempt = await writeBinding(trx, job, accepted, adopted)
    const task = await moveTask(trx, job, accepted.externalTaskId)
    await openPollChain(trx, boss, attempt, firstPollMs, estimateMs)
    return task
  })
}

function lockAttempt (trx: Db, { taskId, attempt }: TaskJob): Promise<TaskAttempt> {
  return trx
    .selectFrom('task_attempts')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** Takes the id from an attempt that had only adopted it. False: it is bound elsewhere and an adoption may not take it. */
async function freeExternalId (trx: Db, boss: PgBoss, mine: TaskAttempt, externalTaskId: string, adopted: boolean): Promise<boolean> {
  const holder = await trx
    .selectFrom('task_attempts')
    .selectAll()
    .where('channel_id', '=', mine.channel_id)
    .where('external_task_id', '=', externalTaskId)
    .forUpdate()
    .executeTakeFirst()
  if (!holder) return true
  if (adopted) return false
  if (!holder.adopted) throw new ExternalIdTaken(`The upstream gave the id ${externalTaskId} twice`)
  // A video that was delivered stays where it is: whoever comes too late looks for the job that is left over.
  if (holder.result !== null) return false
  await undoAdoption(trx, boss, holder)
  return true
}

/** The loser of a wrong guess goes back to looking for its own job. */
async function undoAdoption (trx: Db, boss: PgBoss, holder: TaskAttempt): Promise<void> {
  const job = { taskId: holder.task_id, attempt: holder.attempt }
  await trx.deleteFrom('task_polls').where('task_id', '=', job.taskId).where('attempt', '=', job.attempt).execute()
  await trx
    .updateTable('task_attempts')
    .set({ state: 'unknown', external_task_id: null, handle: null, adopted: false, accepted_at: null })
    .where('task_id', '=', job.taskId)
    .where('attempt', '=', job.attempt)
    .execute()
  await trx.updateTable('tasks').set({ external_task_id: null }).where('id', '=', job.taskId).where('attempt', '=', job.attempt).execute()
  const task = await transitionTask(trx, { ...job, from: ['PROCESSING'], to: 'QUEUED', changes: { stage: 'confirming', started_at: null } })
  if (task) await appendNote(trx, task, { note: 'adoption-undone', externalTaskId: holder.external_task_id })
  await scheduleConfirmation(boss, trx, job, 1)
}

function writeBinding (trx: Db, { taskId, attempt }: TaskJob, { externalTaskId, handle }: Accepted, adopted: boolean): Promise<TaskAttempt> {
  return trx
    .updateTable('task_attempts')
    .set({
      state: 'accepted',
      external_task_id: externalTaskId,
      handle: handle === undefined ? null : JSON.stringify(handle),
      adopted,
      accepted_at: sql`now()`,
      finished_at: null,
      lease_token: null,
      lease_until: null
    })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** FAILED moves only where the submission was in doubt (DESIGN §4); a CANCELLED task keeps its status and learns the id. */
async function moveTask (trx: Db, job: TaskJob, externalTaskId: string): Promise<Task | undefined> {
  await trx
    .updateTable('tasks')
    .set({ external_task_id: externalTaskId })
    .where('id', '=', job.taskId)
    .where('attempt', '=', job.attempt)
    .execute()
  return await transitionTask(trx, {
    ...job,
    from: ['QUEUED', 'FAILED'],
    doubtfulOnly: true,
    to: 'PROCESSING',
    changes: { stage: 'waiting', progress: 0, started_at: sql`now()` as never, error_code: null, error_detail: null, completed_at: null },
    detail: { externalTaskId }
  })
}

async function openPollChain (trx: Db, boss: PgBoss, attempt: TaskAttempt, firstPollMs: number, estimateMs?: number): Promise<void> {
  await sql`
    insert into task_polls (task_id, attempt, user_id, channel_id, next_poll_at, estimated_completion_at)
    select t.id, ${attempt.attempt}, t.user_id, ${attempt.channel_id}, now() + ${firstPollMs} * interval '1 millisecond', now() + ${estimateMs ?? null}::float8 * interval '1 millisecond'
    from tasks t
    where t.id = ${attempt.task_id}
    on conflict (task_id, attempt) do update set next_poll_at = excluded.next_poll_at, lease_token = null, lease_until = null`.execute(trx)
  const job = { taskId: attempt.task_id, attempt: attempt.attempt }
  await forgetSuspicion(trx, job.taskId, job.attempt)
  await schedulePoll(boss, trx, job, pollKey(attempt.channel_id, attempt.external_task_id!), firstPollMs / 1000)
}

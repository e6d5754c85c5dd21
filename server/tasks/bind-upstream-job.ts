import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import { channelsOfProvider } from '../channels/channels-of-provider.ts'
import type { Db, Task, TaskAttempt } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import type { SubmissionOutcome } from '../upstreams/upstream.ts'
import { pollJob, pollKey, scheduleCancel, scheduleConfirmation, withoutSubmissionJob, type TaskJob } from '../queues/queues.ts'
import { forgetSuspicion } from './resume-polling.ts'
import { transitionTask } from './transitions.ts'

export type Accepted = Omit<Extract<SubmissionOutcome, { outcome: 'accepted' }>, 'outcome'>

/** The upstream gave an id that it had given to another task before: one of the two answers is wrong. */
export class ExternalIdTaken extends Error {
  override name = 'ExternalIdTaken'
}

interface Binding {
  attempt: Pick<TaskAttempt, 'task_id' | 'attempt' | 'channel_id'>
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
 * or the id is bound already. Without a task: it does not move any more. Throws ExternalIdTaken.
 */
export async function bindUpstreamJob (db: Db, boss: PgBoss, binding: Binding): Promise<{ task?: Task } | undefined> {
  const { attempt, accepted, adopted } = binding
  return await db.transaction().execute(async trx => {
    // Equal prompts in doubt find the same job at the same time: the second is to see the first one's binding.
    if (adopted) await sql`select pg_advisory_xact_lock(hashtextextended(${`adopt ${accepted.externalTaskId}`}, 0))`.execute(trx)
    const { own, holder } = await lockAttempts(trx, binding)
    if (own.external_task_id === accepted.externalTaskId) return undefined
    if (own.state === 'accepted' && (adopted || !own.adopted || own.result !== null)) return undefined
    if (holder && !await takeFromHolder(trx, boss, holder, adopted)) return undefined

    // It was polled for another id before, which it had only adopted.
    if (own.state === 'accepted') await forgetSuspicion(trx, own.task_id, own.attempt)
    await writeBinding(trx, binding)
    const job = { taskId: attempt.task_id, attempt: attempt.attempt }
    const task = await moveTask(trx, job, accepted.externalTaskId)
    // Whoever binds it carries that out at once; a process may end in between.
    if (task?.cancel_requested_at) await scheduleCancel(boss, trx, job)
    return { task }
  })
}

/**
 * The attempt itself, and the one that has the id already; on another channel to the same provider only a guess stands against an
 * answer, which may be one of another account there. In the order of their keys, so that two of these cannot wait for each other.
 */
async function lockAttempts (trx: Db, { attempt: mine, accepted: { externalTaskId }, adopted }: Binding): Promise<{ own: TaskAttempt, holder?: TaskAttempt }> {
  // The keys first: each part by an index of its own, which one condition with an "or" has only since Postgres 18.
  const keys = sql<{ task_id: string, attempt: number }>`
    select ${mine.task_id}::text, ${mine.attempt}::int
    union all
    select held.task_id, held.attempt
    from task_attempts held
    where held.channel_id in ${channelsOfProvider(mine.channel_id)}
      and held.external_task_id = ${externalTaskId}
      and (held.adopted or ${adopted} or held.channel_id = ${mine.channel_id})`
  const attempts = await trx
    .selectFrom('task_attempts')
    .selectAll()
    .where(sql<boolean>`(task_id, attempt) in (${keys})`)
    .orderBy('task_id')
    .orderBy('attempt')
    .forUpdate()
    .execute()
  const isOwn = ({ task_id: taskId, attempt }: TaskAttempt) => taskId === mine.task_id && attempt === mine.attempt
  // One that was waited for may have lost it meanwhile.
  return { own: attempts.find(isOwn)!, holder: attempts.find(attempt => !isOwn(attempt) && attempt.external_task_id === externalTaskId) }
}

/** Takes the id from an attempt that had only adopted it. False: an adoption may not take it. */
async function takeFromHolder (trx: Db, boss: PgBoss, holder: TaskAttempt, adopted: boolean): Promise<boolean> {
  if (adopted) return false
  if (!holder.adopted) throw new ExternalIdTaken(`The upstream gave the id ${holder.external_task_id} twice`)
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

/** The id, the poll row and its first job, in one statement; the job that was to submit it, should nobody else, goes. */
async function writeBinding (trx: Db, { attempt: { task_id: taskId, attempt, channel_id: channelId }, accepted: { externalTaskId, handle }, adopted, firstPollMs, estimateMs }: Binding): Promise<void> {
  const job = { taskId, attempt }
  await sql`
    with bound as (
      update task_attempts
      set state = 'accepted', external_task_id = ${externalTaskId}, handle = ${handle === undefined ? null : JSON.stringify(handle)}::jsonb, adopted = ${adopted},
          accepted_at = now(), finished_at = null, lease_token = null, lease_until = null
      where task_id = ${taskId} and attempt = ${attempt}
    ),
    poll_job as ${pollJob(job, pollKey(channelId, externalTaskId), firstPollMs / 1000)},
    submission_job as ${withoutSubmissionJob(job)}
    insert into task_polls (task_id, attempt, user_id, channel_id, next_poll_at, estimated_completion_at)
    select id, ${attempt}, user_id, ${channelId}, now() + ${firstPollMs}::float8 * interval '1 millisecond', now() + ${estimateMs ?? null}::float8 * interval '1 millisecond'
    from tasks
    where id = ${taskId}
    on conflict (task_id, attempt) do update set next_poll_at = excluded.next_poll_at, lease_token = null, lease_until = null`.execute(trx)
}

/** FAILED moves only where the submission was in doubt (DESIGN §4); a CANCELLED task keeps its status and learns the id. */
async function moveTask (trx: Db, job: TaskJob, externalTaskId: string): Promise<Task | undefined> {
  const moved = await transitionTask(trx, {
    ...job,
    from: ['QUEUED', 'FAILED'],
    doubtfulOnly: true,
    to: 'PROCESSING',
    changes: { external_task_id: externalTaskId, stage: 'waiting', progress: 0, started_at: sql`now()` as never, error_code: null, error_detail: null, error_class: null, completed_at: null },
    detail: { externalTaskId }
  })
  if (!moved) await trx.updateTable('tasks').set({ external_task_id: externalTaskId }).where('id', '=', job.taskId).where('attempt', '=', job.attempt).execute()
  return moved
}

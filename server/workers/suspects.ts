import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Db, Task } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import type { TaskJob } from '../queues/queues.ts'
import { failTask, logTransition, setStage } from '../tasks/transitions.ts'
import type { PollOutcome } from './poll-commits.ts'

/** A poll that ended this many processes while each had nothing else in hand is not tried again by itself. */
const CRASHES = 3
/** Between two of them, so that a moment's trouble of the machine is not taken for the poll's. */
const PAUSE_AFTER_CRASH_MS = 2_000
/** As many as a process can have in hand when it crashes. */
const LIMIT = 2_000

/** Takes the suspects that are due for this process to run apart; no other process takes them then. */
export async function holdSuspects (db: Db, processId: string): Promise<TaskJob[]> {
  const { rows } = await sql<TaskJob>`
    with due as (
      select s.task_id, s.attempt
      from poll_suspects s
      join task_polls p on p.task_id = s.task_id and p.attempt = s.attempt
      where s.quarantined_at is null and (s.held_by is null or s.held_by = ${processId}::uuid)
        and p.lease_until = 'infinity' and p.next_poll_at <= now()
      order by p.next_poll_at
      limit ${LIMIT}
      for update of s skip locked
    )
    update poll_suspects s
    set held_by = ${processId}::uuid
    from due
    where s.task_id = due.task_id and s.attempt = due.attempt
    returning s.task_id as "taskId", s.attempt`.execute(db)
  return rows
}

/** Those of a group that are suspects still, and due: the others have come to their end. */
export async function listUncleared (db: Db, processId: string, group: readonly TaskJob[]): Promise<TaskJob[]> {
  const { rows } = await sql<TaskJob>`
    select s.task_id as "taskId", s.attempt
    from jsonb_to_recordset(${JSON.stringify(group)}::jsonb) as job ("taskId" text, attempt int)
    join poll_suspects s on s.task_id = job."taskId" and s.attempt = job.attempt
    join task_polls p on p.task_id = s.task_id and p.attempt = s.attempt
    where s.held_by = ${processId}::uuid and s.quarantined_at is null and p.next_poll_at <= now()`.execute(db)
  return rows
}

export async function releaseSuspects (db: Db, processId: string): Promise<void> {
  await db.updateTable('poll_suspects').set({ held_by: null }).where('held_by', '=', processId).execute()
}

/**
 * Settles what the outcomes of suspects mean for their suspicion, in the transaction that writes them. Whoever was asked,
 * or has nothing left to learn, is a suspect no more. Answers with the outcomes to be written: not those of suspects that were put off.
 */
export async function settleSuspects (trx: Db, outcomes: readonly PollOutcome[]): Promise<readonly PollOutcome[]> {
  const suspects = outcomes.filter(({ poll }) => poll.suspect)
  if (suspects.length === 0) return outcomes
  const putOff = suspects.filter(({ decision }) => decision.kind === 'wait' && !decision.polled)
  await putBack(trx, putOff)
  await clear(trx, suspects.filter(outcome => !putOff.includes(outcome)))
  return outcomes.filter(outcome => !putOff.includes(outcome))
}

async function putBack (trx: Db, outcomes: PollOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  const rows = outcomes.map(({ poll, decision }) => ({ ...keyOf(poll), delay_ms: decision.kind === 'wait' ? decision.delayMs : 0 }))
  await sql`
    update task_polls p
    set next_poll_at = now() + r.delay_ms * interval '1 millisecond', lease_token = null
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (task_id text, attempt int, lease_token uuid, delay_ms float8)
    where p.task_id = r.task_id and p.attempt = r.attempt and p.lease_token = r.lease_token`.execute(trx)
}

async function clear (trx: Db, outcomes: PollOutcome[]): Promise<void> {
  await sql`
    delete from poll_suspects s
    using jsonb_to_recordset(${JSON.stringify(outcomes.map(({ poll }) => keyOf(poll)))}::jsonb) as r (task_id text, attempt int, lease_token uuid)
    join task_polls p on p.task_id = r.task_id and p.attempt = r.attempt and p.lease_token = r.lease_token
    where s.task_id = r.task_id and s.attempt = r.attempt`.execute(trx)
}

function keyOf ({ task_id: taskId, attempt, lease_token: leaseToken }: PollOutcome['poll']) {
  return { task_id: taskId, attempt, lease_token: leaseToken }
}

/** A process ended while this poll was all it had in hand. Three times, and polling is suspended. */
export async function countCrash ({ db, feed, log }: Pick<ServerContext, 'db' | 'feed' | 'log'>, processId: string, job: TaskJob): Promise<void> {
  const quarantined = await db.transaction().execute(async trx => {
    const counted = await trx
      .updateTable('poll_suspects')
      .set({ crashes: sql`crashes + 1` })
      .where('task_id', '=', job.taskId)
      .where('attempt', '=', job.attempt)
      .where('held_by', '=', processId)
      .where('quarantined_at', 'is', null)
      .returning('crashes')
      .executeTakeFirst()
    if (!counted) return undefined
    if (counted.crashes >= CRASHES) return await quarantine(trx, job)
    await postpone(trx, job)
    return undefined
  })
  if (!quarantined) return
  log.error({ videoId: job.taskId, externalTaskId: quarantined.external_task_id, requestId: quarantined.request_id, attempt: job.attempt, crashes: CRASHES }, 'polling suspended: the task is quarantined')
  feed.wake()
}

async function postpone (trx: Db, { taskId, attempt }: TaskJob): Promise<void> {
  await trx
    .updateTable('task_polls')
    .set({ next_poll_at: sql`now() + ${PAUSE_AFTER_CRASH_MS} * interval '1 millisecond'`, lease_token: null })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('is_open', '=', true)
    .execute()
}

async function quarantine (trx: Db, { taskId, attempt }: TaskJob): Promise<Task> {
  await trx
    .updateTable('poll_suspects')
    .set({ quarantined_at: sql<Date>`now()`, held_by: null })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .execute()
  await trx
    .updateTable('task_polls')
    .set({ next_poll_at: null, lease_token: null, lease_until: null, stage: 'quarantined', queue_position: null, estimated_completion_at: null, changed_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .execute()
  await setStage(trx, taskId, attempt, 'quarantined')
  const task = await trx.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow()
  await appendNote(trx, { ...task, attempt }, { note: 'quarantined', crashes: CRASHES })
  return task
}

/** Ends those whose deadline passed while nobody could ask after them: suspects that were put off, and the quarantined. */
export async function failSuspended ({ db, log, feed }: Pick<ServerContext, 'db' | 'log' | 'feed'>): Promise<void> {
  const expired = await db
    .selectFrom('poll_suspects as s')
    .innerJoin('task_attempts as a', join => join.onRef('a.task_id', '=', 's.task_id').onRef('a.attempt', '=', 's.attempt'))
    .innerJoin('tasks as t', join => join.onRef('t.id', '=', 's.task_id').onRef('t.attempt', '=', 's.attempt'))
    .select(['s.task_id', 's.attempt', 's.quarantined_at'])
    .where('t.status', '=', 'PROCESSING')
    .where(sql<boolean>`a.deadline_at < now()`)
    .limit(LIMIT)
    .execute()
  for (const { task_id: taskId, attempt, quarantined_at: quarantinedAt } of expired) {
    const detail = quarantinedAt ? `polling was suspended, because it had ended ${CRASHES} processes` : 'it could not be asked after'
    const task = await db.transaction().execute(trx => failTask(trx, taskId, attempt, 'DEADLINE_EXCEEDED', detail))
    if (task) logTransition(log, task)
  }
  if (expired.length > 0) feed.wake()
}

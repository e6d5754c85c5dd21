import { sql, type RawBuilder } from 'kysely'
import type { Db, Task, TaskEvent } from '../database/tables.ts'
import { enqueueDeliveries, enqueueEqualDeliveries, hasEndpoint } from '../webhooks/enqueue-deliveries.ts'

/** A place in the log: every event below it has been seen. */
export interface LogPosition { xid: string, id: string }

/** An event, and whether it lies below every running transaction: only then nothing can still appear before it. */
export type LoggedEvent = TaskEvent & { settled: boolean }

/** Its age is by the database's clock. */
export type AgedEvent = LoggedEvent & { age_ms: number }

/** One about a task: in one about a batch (server/batches/finish-batch.ts) the batch's id stands for the task's. */
export type TimelineEvent = TaskEvent & { kind: 'status' | 'note' }

/** A task as the statement left it that changed it, and its event. */
export type Announced = Task & Announcement

interface Announcement { event_id: string, event_task_id: string, has_endpoint: boolean }

/**
 * Writes the state of the rows `task` to the log: part of the very statement that writes or changes them, so that
 * there is no change without its event. A failure carries the provider's words as `reason`. `detailOf` has what is one task's own.
 */
export function statusEvent (detail: Record<string, unknown> = {}, detailOf: Record<string, object> = {}): RawBuilder<Announcement> {
  return sql`(
    insert into task_events (user_id, task_id, attempt, status, stage, progress, error_code, detail)
    select user_id, id, attempt, status, stage, progress, error_code,
           nullif(jsonb_strip_nulls(jsonb_build_object('reason', error_detail)) || ${JSON.stringify(detail)}::jsonb || coalesce(${JSON.stringify(detailOf)}::jsonb -> id, '{}'), '{}')
    from task
    returning id as event_id, task_id as event_task_id, ${hasEndpoint} as has_endpoint
  )`
}

/** Writes what webhooks are to tell of a change, in the transaction of the change. */
export async function announce (trx: Db, { event_id: eventId, event_task_id: _, has_endpoint: hasEndpoint, ...task }: Announced): Promise<Task> {
  if (hasEndpoint) await enqueueDeliveries(trx, task, eventId)
  return task
}

/** The same for many tasks of one user, just written and all in one state. */
export async function announceAll (trx: Db, announced: Announced[]): Promise<void> {
  const heard = announced.filter(task => task.has_endpoint)
  if (heard.length > 0) await enqueueEqualDeliveries(trx, heard[0]!, heard.map(task => ({ taskId: task.id, eventId: task.event_id })))
}

/** Writes a line that only the timeline shows: a choice, an adoption, a late result. */
export async function appendNote (trx: Db, task: Pick<Task, 'id' | 'user_id' | 'attempt' | 'status' | 'stage'>, detail: Record<string, unknown>): Promise<void> {
  await trx
    .insertInto('task_events')
    .values({
      user_id: task.user_id,
      task_id: task.id,
      attempt: task.attempt,
      kind: 'note',
      status: task.status,
      stage: task.stage,
      detail: JSON.stringify(detail)
    })
    .execute()
}

const isSettled = sql<boolean>`xid < pg_snapshot_xmin(pg_current_snapshot())`
const settled = isSettled.as('settled')
const age = sql<number>`(extract(epoch from clock_timestamp() - created_at) * 1000)::float8`.as('age_ms')

/**
 * One user's status changes after a position, in the order of the cursor. `xid < pg_snapshot_xmin` marks those that no
 * running transaction can still get in front of; a plain `id > last` lost up to 2.4 % (measured).
 */
export function readUserEvents (db: Db, userId: string, after: LogPosition, limit: number): Promise<LoggedEvent[]> {
  return db
    .selectFrom('task_events')
    .selectAll()
    .select(settled)
    .where('kind', '<>', 'note')
    .where('user_id', '=', userId)
    .where(isAfterPosition(after))
    .orderBy('xid')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/**
 * The same for everybody who listens to a process, and the end of the log at that moment: what lies before it has
 * been read by then, so that the next read need not pass other users' events again.
 */
export async function readFeed (db: Db, userIds: readonly string[], after: LogPosition, limit: number): Promise<{ events: AgedEvent[], end: LogPosition }> {
  const end = await findLogEnd(db)
  const events = await db
    .selectFrom('task_events')
    .selectAll()
    .select([settled, age])
    .where('kind', '<>', 'note')
    .where(sql<boolean>`user_id = any(${[...userIds]}::bigint[])`)
    .where(isAfterPosition(after))
    .orderBy('xid')
    .orderBy('id')
    .limit(limit)
    .execute()
  return { events, end }
}

function isAfterPosition ({ xid, id }: LogPosition) {
  return sql<boolean>`(xid, id) > (${xid}::xid8, ${id}::bigint)`
}

/**
 * The end of the log as of now: events after it are new. It is the place of a committed event and not simply whatever
 * lies below `pg_snapshot_xmin`: when Postgres crashes, ids of transactions that left nothing on disk are given out
 * again, and events that got such an id would lie before the end (seen once in 50 faults).
 */
export async function findLogEnd (db: Db): Promise<LogPosition> {
  const newest = await db
    .selectFrom('task_events')
    .select('xid')
    .where('kind', '<>', 'note')
    .where(isSettled)
    .orderBy('xid', 'desc')
    .limit(1)
    .executeTakeFirst()
  // 2^63-1 is past every id of that transaction.
  return { xid: newest?.xid ?? '0', id: '9223372036854775807' }
}

/** The provider's words of a failure, as the event keeps them. */
export function reasonOf (event: Pick<TaskEvent, 'detail'>): string | null {
  const reason = (event.detail as { reason?: unknown } | null)?.reason
  return typeof reason === 'string' ? reason : null
}

/** The whole story of one task, oldest first. */
export function listTimeline (db: Db, taskId: string): Promise<TimelineEvent[]> {
  return db
    .selectFrom('task_events')
    .selectAll()
    .where('task_id', '=', taskId)
    .orderBy('id')
    .execute() as Promise<TimelineEvent[]>
}

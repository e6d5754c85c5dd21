import { sql, type RawBuilder } from 'kysely'
import type { Db, Task } from '../database/tables.ts'
import { enqueueDeliveryJobs } from './delivery-jobs.ts'
import { BATCH_COMPLETED, eventNames } from './webhook-events.ts'

/** Whether the owner of an event's task has an endpoint at all: one look into an index. */
export const hasEndpoint = sql<boolean>`exists (
  select from webhook_endpoints e
  where e.user_id = task_events.user_id and (e.task_id is null or e.task_id = task_events.task_id) and e.disabled_at is null)`

/** Writes a delivery and its job for every endpoint that wants the event, in the transaction of the status change. */
export async function enqueueDeliveries (trx: Db, task: Task, eventId: string): Promise<void> {
  await enqueueEqualDeliveries(trx, task, [{ taskId: task.id, eventId }])
}

/** The same for many tasks of one user that came to the same state at once, as `task` did. */
export async function enqueueEqualDeliveries (trx: Db, task: Task, changes: Array<{ taskId: string, eventId: string }>): Promise<void> {
  const names = eventNames(task)
  if (!names) return
  await enqueue(trx, task.user_id, changes, sql`case format when 'openai' then ${names.openai} else ${names.reelay} end`)
}

/** The same of a batch, for those who are told of every task; `taskId` is the one that ended last. */
export async function enqueueBatchDeliveries (trx: Db, userId: string, taskId: string, eventId: string): Promise<void> {
  await enqueue(trx, userId, [{ taskId, eventId }], sql`${BATCH_COMPLETED}`)
}

async function enqueue (trx: Db, userId: string, changes: Array<{ taskId: string, eventId: string }>, name: RawBuilder<unknown>): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    insert into webhook_deliveries (endpoint_id, task_id, event_id, event_type)
    select e.id, change.task_id, change.event_id, ${name}
    from unnest(${changes.map(({ taskId }) => taskId)}::text[], ${changes.map(({ eventId }) => eventId)}::bigint[]) as change (task_id, event_id)
    join webhook_endpoints e on e.user_id = ${userId} and (e.task_id is null or e.task_id = change.task_id) and e.disabled_at is null
      and ${name} = any(e.events)
    returning id`.execute(trx)
  await enqueueDeliveryJobs(trx, rows.map(({ id }) => id))
}

import { sql } from 'kysely'
import type { Db, Task } from '../database/tables.ts'
import { enqueueDeliveryJobs } from './delivery-jobs.ts'
import { eventName } from './webhook-events.ts'

/** Whether the owner of a task has an endpoint at all: one look into an index. */
export function hasEndpoint (task: Pick<Task, 'id' | 'user_id'>) {
  return sql<boolean>`exists (
    select from webhook_endpoints
    where user_id = ${task.user_id} and (task_id is null or task_id = ${task.id}) and disabled_at is null)`
}

/** Writes a delivery and its job for every endpoint that wants the event, in the transaction of the status change. */
export async function enqueueDeliveries (trx: Db, task: Task, eventId: string): Promise<void> {
  const name = eventName(task)
  if (name === undefined) return
  const { rows } = await sql<{ id: string }>`
    insert into webhook_deliveries (endpoint_id, task_id, event_id, event_type)
    select id, ${task.id}, ${eventId}::bigint, case format when 'openai' then ${`video.${name}`} else ${`task.${name}`} end
    from webhook_endpoints
    where user_id = ${task.user_id} and (task_id is null or task_id = ${task.id}) and disabled_at is null
      and case format when 'openai' then ${`video.${name}`} else ${`task.${name}`} end = any(events)
    returning id`.execute(trx)
  await enqueueDeliveryJobs(trx, rows.map(({ id }) => id))
}

import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { DELIVER_WEBHOOK } from '../queues/queues.ts'

/** What a job carries: the row is the truth. */
export interface DeliveryJob { deliveryId: string }

/**
 * Puts deliveries to work when they are due. Written straight into pg-boss' table, as its manual allows: so whoever
 * changes a task's status needs nothing but the transaction. One waiting job a delivery; its group is the endpoint.
 */
export async function enqueueDeliveryJobs (trx: Db, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`
    insert into pgboss.job (name, data, singleton_key, group_id, start_after, keep_until, policy, retry_limit, expire_seconds, deletion_seconds)
    select q.name, jsonb_build_object('deliveryId', d.id), d.id, d.endpoint_id, d.next_at, d.next_at + q.retention_seconds * interval '1 second',
           q.policy, q.retry_limit, q.expire_seconds, q.deletion_seconds
    from webhook_deliveries d
    join pgboss.queue q on q.name = ${DELIVER_WEBHOOK}
    where d.id = any(${[...deliveryIds]}::text[]) and d.status = 'pending'
    order by d.id
    on conflict do nothing`.execute(trx)
}

/** Drops jobs whose process died: they would hold their endpoint's places. */
export async function dropDeadJobs (db: Db, seconds: number): Promise<void> {
  await sql`delete from pgboss.job where name = ${DELIVER_WEBHOOK} and state = 'active' and started_on < now() - ${seconds} * interval '1 second'`.execute(db)
}

/** Takes waiting jobs away, so that earlier ones can stand in their place. */
export async function withdrawDeliveryJobs (trx: Db, deliveryIds: readonly string[]): Promise<void> {
  await sql`delete from pgboss.job where name = ${DELIVER_WEBHOOK} and singleton_key = any(${[...deliveryIds]}::text[]) and state = 'created'`.execute(trx)
}

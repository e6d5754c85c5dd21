import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { DELIVER_WEBHOOK } from '../queues/queues.ts'

/** What a job carries: the row is the truth. */
export interface DeliveryJob { deliveryId: string }

/**
 * Puts deliveries to work when they are due. Written straight into pg-boss' table, as `boss.insert` would write it (a
 * test compares them): so whoever changes a task's status needs nothing but the transaction. One waiting job a delivery;
 * its group is one user's receiver, so that neither many webhooks at a slow host nor another user's take more places.
 */
export async function enqueueDeliveryJobs (trx: Db, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`
    insert into pgboss.job (
      name, data, singleton_key, group_id, start_after, keep_until, policy, expire_seconds, deletion_seconds,
      retry_limit, retry_delay, retry_backoff, retry_delay_max, dead_letter, heartbeat_seconds
    )
    select q.name, jsonb_build_object('deliveryId', d.id), d.id, e.user_id || ':' || e.host, d.next_at, d.next_at + q.retention_seconds * interval '1 second',
           q.policy, q.expire_seconds, q.deletion_seconds, q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.dead_letter, q.heartbeat_seconds
    from webhook_deliveries d
    join webhook_endpoints e on e.id = d.endpoint_id
    join pgboss.queue q on q.name = ${DELIVER_WEBHOOK}
    where d.id = any(${[...deliveryIds]}::text[]) and d.status = 'pending'
    order by d.id
    on conflict do nothing`.execute(trx)
}

/** Whether a delivery's job waits: one that is late only because of those before it is not lost. */
export const hasWaitingJob = sql<boolean>`exists (
  select from pgboss.job where name = ${DELIVER_WEBHOOK} and singleton_key = webhook_deliveries.id and state < 'active')`

/** Drops jobs whose process died: they would hold their receiver's places. */
export async function dropDeadJobs (db: Db, seconds: number): Promise<void> {
  await sql`delete from pgboss.job where name = ${DELIVER_WEBHOOK} and state = 'active' and started_on < now() - ${seconds} * interval '1 second'`.execute(db)
}

/** Takes waiting jobs away, so that earlier ones can stand in their place. */
export async function withdrawDeliveryJobs (trx: Db, deliveryIds: readonly string[]): Promise<void> {
  await sql`delete from pgboss.job where name = ${DELIVER_WEBHOOK} and singleton_key = any(${[...deliveryIds]}::text[]) and state = 'created'`.execute(trx)
}

import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import type { Db, WebhookDelivery } from '../../server/database/tables.ts'
import type { Client } from './client.ts'
import { headersOf, until } from './receivers.ts'
import type { SeenRequest } from './scripted-server.ts'

export async function addWebhook (client: Client, url: string, more: object = {}) {
  const created = await client.post('/api/webhooks', { url, ...more })
  if (created.statusCode !== 201) throw new Error(created.body)
  return created.json().data as { id: string, secret: string }
}

export const typeOf = ({ body }: SeenRequest) => JSON.parse(body.toString()).type as string
export const verify = (secret: string, request: SeenRequest) => new Webhook(secret).verify(request.body.toString(), headersOf(request)) as Record<string, unknown>
/** So many tries were made, and none is under way. */
export const hasEnded = (tries: number) => ({ attempts, lease_until: lease }: WebhookDelivery) => attempts === tries && lease === null

/** The rows behind the API. */
export function webhookRows (db: Db) {
  const deliveriesOf = (id: string) => db.selectFrom('webhook_deliveries').selectAll().where('endpoint_id', '=', id).orderBy('created_at').execute()
  return {
    deliveriesOf,
    endpointOf: (id: string) => db.selectFrom('webhook_endpoints').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    untilDelivery: (id: string, is: (delivery: WebhookDelivery) => boolean) => until(async () => (await deliveriesOf(id)).find(is)),
    async countOf (id: string, status: WebhookDelivery['status']) {
      const { count } = await db.selectFrom('webhook_deliveries').select(eb => eb.fn.countAll<string>().as('count')).where('endpoint_id', '=', id).where('status', '=', status).executeTakeFirstOrThrow()
      return Number(count)
    },
    /** As if the time of the next try had come. */
    async skipWait (deliveryId: string) {
      await db.updateTable('webhook_deliveries').set({ next_at: sql`now()` }).where('id', '=', deliveryId).execute()
      await sql`update pgboss.job set start_after = now() where name = 'deliver-webhook' and singleton_key = ${deliveryId}`.execute(db)
    },
    /** As after an outage: one event that failed, many times over. Redeliver it to have it sent. */
    async addFailed (endpointId: string, videoId: string, count: number) {
      await sql`
        insert into webhook_deliveries (endpoint_id, task_id, event_id, event_type, status, next_at)
        select ${endpointId}, task_id, id, 'task.completed', 'failed', null
        from task_events, generate_series(1, ${count}::int)
        where task_id = ${videoId} and status = 'COMPLETED'`.execute(db)
    }
  }
}

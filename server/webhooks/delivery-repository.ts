import { sql } from 'kysely'
import type { Db, WebhookDelivery } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { encodePageCursor, type PageCursor } from '../tasks/page-cursor.ts'
import { enqueueDeliveryJobs, withdrawDeliveryJobs } from './delivery-jobs.ts'

/** Redelivered in one transaction. */
const BATCH = 1_000

export interface DeliveryFilter { status?: WebhookDelivery['status'], limit: number, cursor?: PageCursor }

/** One page of an endpoint's deliveries, newest first, and the cursor of the next page. */
export async function listDeliveries (db: Db, endpointId: string, { status, limit, cursor }: DeliveryFilter): Promise<{ deliveries: WebhookDelivery[], nextCursor: string | null }> {
  const rows = await db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .$if(status !== undefined, query => query.where('status', '=', status!))
    .$if(cursor !== undefined, query => query.where(sql<boolean>`(created_at, id) < (${cursor!.createdAt}, ${cursor!.id})`))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const deliveries = rows.slice(0, limit)
  const last = rows.length > limit ? deliveries.at(-1) : undefined
  return { deliveries, nextCursor: last ? encodePageCursor(last.created_at, last.id) : null }
}

/** Sends one again now, whatever became of it, under its old webhook-id; after the try that is under way. Throws DELIVERY_NOT_FOUND, WEBHOOK_DISABLED. */
export async function redeliverOne (db: Db, endpointId: string, id: string): Promise<void> {
  const again = await redeliver(db, endpointId, sql<boolean>`id = ${id}`)
  if (again.length === 0) throw new ReelayError('DELIVERY_NOT_FOUND', { params: { id } })
}

/** Sends again what failed since then, batch by batch. Answers with how many. Throws WEBHOOK_DISABLED. */
export async function redeliverFailed (db: Db, endpointId: string, since: Date): Promise<number> {
  let total = 0
  // By id, so that what fails again at once is not met again.
  for (let batch: string[] = [], last = ''; last === '' || batch.length === BATCH; last = batch.at(-1) ?? last) {
    const failed = sql`select id from webhook_deliveries where endpoint_id = ${endpointId} and status = 'failed' and created_at >= ${since} and id > ${last} order by id limit ${BATCH}`
    batch = await redeliver(db, endpointId, sql<boolean>`id in (${failed})`)
    total += batch.length
  }
  return total
}

function redeliver (db: Db, endpointId: string, which: ReturnType<typeof sql<boolean>>): Promise<string[]> {
  return db.transaction().execute(async trx => {
    await resume(trx, endpointId)
    const rows = await trx
      .updateTable('webhook_deliveries')
      .set({ status: 'pending', tries: 0, next_at: sql`now()`, error: null })
      .where('endpoint_id', '=', endpointId)
      .where(which)
      .returning('id')
      .execute()
    const ids = rows.map(({ id }) => id).sort()
    // A job that waits for a later try would keep the new one out.
    await withdrawDeliveryJobs(trx, ids)
    await enqueueDeliveryJobs(trx, ids)
    return ids
  })
}

/** Whoever asks for it now does not wait for a Retry-After. Holds the endpoint's row first, as whoever disables it does. */
async function resume (trx: Db, endpointId: string): Promise<void> {
  const endpoint = await trx.updateTable('webhook_endpoints').set({ paused_until: null }).where('id', '=', endpointId).returning('disabled_at').executeTakeFirst()
  if (endpoint?.disabled_at) throw new ReelayError('WEBHOOK_DISABLED', { params: { id: endpointId } })
}

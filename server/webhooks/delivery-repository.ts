import { sql } from 'kysely'
import type { Db, WebhookDelivery } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { encodePageCursor, type PageCursor } from '../tasks/page-cursor.ts'
import { enqueueDeliveryJobs, withdrawDeliveryJobs } from './delivery-jobs.ts'

export interface DeliveryFilter { status?: WebhookDelivery['status'], limit: number, cursor?: PageCursor }

/** One page of an endpoint's deliveries, newest first, and the cursor of the next page. */
export async function listDeliveries (db: Db, endpointId: string, { status, limit, cursor }: DeliveryFilter): Promise<{ deliveries: WebhookDelivery[], nextCursor: string | null }> {
  // A cursor knows milliseconds, so the order does too.
  const at = sql<Date>`date_trunc('milliseconds', created_at)`
  const rows = await db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .$if(status !== undefined, query => query.where('status', '=', status!))
    .$if(cursor !== undefined, query => query.where(sql<boolean>`(${at}, id) < (${cursor!.createdAt}, ${cursor!.id})`))
    .orderBy(at, 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const deliveries = rows.slice(0, limit)
  const last = rows.length > limit ? deliveries.at(-1) : undefined
  return { deliveries, nextCursor: last ? encodePageCursor(last.created_at, last.id) : null }
}

/** Sends one again now, whatever became of it, under its old webhook-id. Throws DELIVERY_NOT_FOUND. */
export async function redeliverOne (db: Db, endpointId: string, id: string): Promise<void> {
  const again = await redeliver(db, endpointId, sql<boolean>`id = ${id}`)
  if (again === 0) throw new ReelayError('DELIVERY_NOT_FOUND', { params: { id } })
}

/** Sends again what failed since then. Answers with how many. */
export function redeliverFailed (db: Db, endpointId: string, since: Date): Promise<number> {
  return redeliver(db, endpointId, sql<boolean>`status = 'failed' and created_at >= ${since}`)
}

function redeliver (db: Db, endpointId: string, which: ReturnType<typeof sql<boolean>>): Promise<number> {
  return db.transaction().execute(async trx => {
    // As whoever disables the endpoint does: its row first, then the deliveries.
    await trx.selectFrom('webhook_endpoints').select('id').where('id', '=', endpointId).forNoKeyUpdate().execute()
    const rows = await trx
      .updateTable('webhook_deliveries')
      .set({ status: 'pending', tries: 0, next_at: sql`now()`, error: null })
      .where('endpoint_id', '=', endpointId)
      .where(which)
      .returning('id')
      .execute()
    const ids = rows.map(({ id }) => id)
    // A job that waits for a later try would keep the new one out.
    await withdrawDeliveryJobs(trx, ids)
    await enqueueDeliveryJobs(trx, ids)
    return ids.length
  })
}

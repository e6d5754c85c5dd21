import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'

/** Deleted in one transaction: a long one would hold back the feed's xmin. */
const BATCH = 5_000

/**
 * Removes the words of a deleted task from what was sent about it. What is still to be sent is built from what is left
 * of the task. In the transaction that deletes it.
 */
export async function forgetDeliveries (trx: Db, taskId: string): Promise<void> {
  // The endpoints first, as everywhere, so that no try that ends meanwhile waits for us while we wait for it.
  await trx
    .selectFrom('webhook_endpoints')
    .select('id')
    .where('id', 'in', query => query.selectFrom('webhook_deliveries').select('endpoint_id').where('task_id', '=', taskId))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  await trx
    .updateTable('webhook_deliveries')
    .set({ payload: null, response_excerpt: null })
    .where('task_id', '=', taskId)
    .execute()
}

/** Removes what was delivered or given up long ago, and the callbackUrls of tasks that were deleted long ago. */
export async function pruneDeliveries (db: Db, days: number): Promise<void> {
  const age = sql`${days} * interval '1 day'`
  for (let count = BATCH; count === BATCH;) {
    const { numAffectedRows } = await sql`
      delete from webhook_deliveries
      where id in (select id from webhook_deliveries where status <> 'pending' and created_at < now() - ${age} limit ${BATCH})`.execute(db)
    count = Number(numAffectedRows)
  }
  await sql`delete from webhook_endpoints e using tasks t where t.id = e.task_id and t.deleted_at < now() - ${age}`.execute(db)
}

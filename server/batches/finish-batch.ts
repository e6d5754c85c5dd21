import { sql } from 'kysely'
import type { Db, Task } from '../database/tables.ts'
import { enqueueBatchDeliveries } from '../webhooks/enqueue-deliveries.ts'
import { findStanding, hasUnfinished, type BatchStanding } from './batch-repository.ts'

/** What the event of a finished batch says, as it stood then. */
export type FinishedBatch = { batchId: string } & Pick<BatchStanding, 'counts' | 'total'>

/**
 * Holds the batches of these tasks until the transaction ends. Whoever ends one of their tasks does so first, before the
 * task's own row and in one order: of two that end the last two tasks at once the second sees what the first did, so
 * that exactly one finds the batch finished, and neither waits for what the other holds.
 */
export async function holdBatches (trx: Db, taskIds: readonly string[]): Promise<void> {
  await trx
    .selectFrom('task_batches')
    .select('id')
    .where('id', 'in', query => query.selectFrom('tasks').select(eb => eb.ref('batch_id').$notNull().as('batch_id')).where('id', 'in', [...taskIds]))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

/**
 * Tells of a batch whose last unfinished task has just ended, in the transaction that ended it and holds the batch.
 * Once more each time that happens: after a retry, or when a video that was given up turned up after all.
 */
export async function tellIfFinished (trx: Db, { id: taskId, user_id: userId, batch_id: batchId }: Task): Promise<void> {
  if (batchId === null || await hasUnfinished(trx, batchId)) return
  const { counts, total } = await findStanding(trx, batchId)
  const detail: FinishedBatch = { batchId, counts, total }
  // Its place is after all ends of its tasks. One that was written by a later transaction may have been committed before
  // this one: then the event takes that one's number, which no reader passes while this transaction runs.
  const { rows } = await sql<{ id: string }>`
    insert into task_events (xid, user_id, task_id, attempt, kind, status, stage, progress, detail)
    select greatest(pg_current_xact_id(), (
      select e.xid
      from tasks t
      join task_events e on e.task_id = t.id
      where t.batch_id = ${batchId}
      order by e.xid desc
      limit 1
    )), ${userId}::bigint, ${batchId}, 1, 'batch', 'COMPLETED', 'completed', 100, ${JSON.stringify(detail)}::jsonb
    returning id`.execute(trx)
  await enqueueBatchDeliveries(trx, userId, taskId, rows[0]!.id)
}

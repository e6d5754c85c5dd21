import { sql } from 'kysely'
import type { Db, TaskBatch } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { ACTIVE_STATUSES, TASK_STATUSES, type TaskStatus } from '../tasks/statuses.ts'

/** How the tasks of a batch stand; deleted ones are not among them. */
export interface BatchStanding {
  counts: Record<TaskStatus, number>
  total: number
  /** The mean, rounded down; a task that ended counts 100, however it ended. */
  progress: number
}

/** Throws BATCH_NOT_FOUND: also for other users' batches. */
export async function findOwnBatchOrThrow (db: Db, userId: string, id: string): Promise<TaskBatch> {
  const batch = /^[\w-]{1,128}$/.test(id)
    ? await db.selectFrom('task_batches').selectAll().where('id', '=', id).where('user_id', '=', userId).executeTakeFirst()
    : undefined
  if (!batch) throw new ReelayError('BATCH_NOT_FOUND', { params: { batchId: id } })
  return batch
}

export async function findStanding (db: Db, batchId: string): Promise<BatchStanding> {
  const rows = await db
    .selectFrom('tasks as t')
    .leftJoin('task_polls as p', join => join.onRef('p.task_id', '=', 't.id').onRef('p.attempt', '=', 't.attempt'))
    .select(['t.status', sql<number>`count(*)::int`.as('count')])
    .select(sql<number>`sum(case when t.status in ('QUEUED', 'PROCESSING') then greatest(t.progress, p.progress) else 100 end)::int`.as('progress'))
    .where('t.batch_id', '=', batchId)
    .where('t.deleted_at', 'is', null)
    .groupBy('t.status')
    .execute()
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  const progress = rows.reduce((sum, row) => sum + row.progress, 0)
  const counts = Object.fromEntries(TASK_STATUSES.map(status => [status, rows.find(row => row.status === status)?.count ?? 0])) as BatchStanding['counts']
  return { counts, total, progress: total === 0 ? 100 : Math.floor(progress / total) }
}

/** Those that were not sent yet come first: so none is sent while the others are cancelled. */
export function listUnfinished (db: Db, batchId: string): Promise<Array<{ id: string }>> {
  return ofBatch(db, batchId)
    .where('status', 'in', [...ACTIVE_STATUSES])
    .orderBy(sql`status <> 'QUEUED'`)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

export function listFailed (db: Db, batchId: string): Promise<Array<{ id: string }>> {
  return ofBatch(db, batchId)
    .where('status', '=', 'FAILED')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

function ofBatch (db: Db, batchId: string) {
  return db.selectFrom('tasks').select('id').where('batch_id', '=', batchId).where('deleted_at', 'is', null)
}

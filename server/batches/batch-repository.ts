import { sql } from 'kysely'
import type { Db, TaskBatch } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { encodePageCursor, type PageCursor } from '../tasks/page-cursor.ts'
import { ACTIVE_STATUSES, TASK_STATUSES, type TaskStatus } from '../tasks/statuses.ts'

/** How the tasks of a batch stand; deleted ones are not among them. */
export interface BatchStanding {
  /** COMPLETED once no task is unfinished, however they ended. */
  status: 'PROCESSING' | 'COMPLETED'
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

/** One page of a user's batches, newest first, each as it stands, and the cursor of the next page. */
export async function listOwnBatches (db: Db, userId: string, { limit, cursor }: { limit: number, cursor?: PageCursor }): Promise<{ batches: Array<TaskBatch & BatchStanding>, nextCursor: string | null }> {
  const rows = await db
    .selectFrom('task_batches')
    .selectAll()
    .where('user_id', '=', userId)
    .$if(cursor !== undefined, query => query.where(sql<boolean>`(created_at, id) < (${cursor!.createdAt}, ${cursor!.id})`))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const standings = await findStandings(db, page.map(({ id }) => id))
  const last = rows.length > limit ? page.at(-1) : undefined
  return { batches: page.map(batch => ({ ...batch, ...standings.get(batch.id)! })), nextCursor: last ? encodePageCursor(last.created_at, last.id) : null }
}

export async function findStanding (db: Db, batchId: string): Promise<BatchStanding> {
  return (await findStandings(db, [batchId])).get(batchId)!
}

async function findStandings (db: Db, batchIds: string[]): Promise<Map<string, BatchStanding>> {
  if (batchIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('tasks as t')
    .leftJoin('task_polls as p', join => join.onRef('p.task_id', '=', 't.id').onRef('p.attempt', '=', 't.attempt'))
    .select(['t.batch_id', 't.status', sql<number>`count(*)::int`.as('count')])
    .select(sql<number>`sum(case when t.status in ('QUEUED', 'PROCESSING') then greatest(t.progress, p.progress) else 100 end)::int`.as('progress'))
    .where('t.batch_id', 'in', batchIds)
    .where('t.deleted_at', 'is', null)
    .groupBy(['t.batch_id', 't.status'])
    .execute()
  const ofBatches = Map.groupBy(rows, row => row.batch_id)
  return new Map(batchIds.map(id => [id, standingOf(ofBatches.get(id) ?? [])]))
}

function standingOf (rows: Array<{ status: TaskStatus, count: number, progress: number }>): BatchStanding {
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  const progress = rows.reduce((sum, row) => sum + row.progress, 0)
  const counts = Object.fromEntries(TASK_STATUSES.map(status => [status, rows.find(row => row.status === status)?.count ?? 0])) as BatchStanding['counts']
  const status = counts.QUEUED + counts.PROCESSING > 0 ? 'PROCESSING' : 'COMPLETED'
  return { status, counts, total, progress: total === 0 ? 100 : Math.floor(progress / total) }
}

export async function hasUnfinished (db: Db, batchId: string): Promise<boolean> {
  return await ofBatch(db, batchId).where('status', 'in', [...ACTIVE_STATUSES]).limit(1).executeTakeFirst() !== undefined
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

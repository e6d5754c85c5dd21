import type { Db } from '../database/tables.ts'
import { findOwnTasks, listActiveTaskViews, type TaskView } from '../tasks/task-repository.ts'
import type { StreamFilter } from './stream-filter.ts'

const SNAPSHOT_LIMIT = 1_000

/**
 * Where a user's tasks stand: the active ones, newest first. Of a stream about one task that task, also when it has
 * ended: whoever comes a moment too late would wait for ever.
 */
export async function readSnapshot (db: Db, userId: string, filter: StreamFilter): Promise<{ views: TaskView[], truncated: boolean }> {
  const views = filter.videoId === undefined
    ? await listActiveTaskViews(db, userId, SNAPSHOT_LIMIT + 1)
    : await findOwnTasks(db, userId, [filter.videoId])
  return { views: views.slice(0, SNAPSHOT_LIMIT).filter(filter.tasks), truncated: views.length > SNAPSHOT_LIMIT }
}

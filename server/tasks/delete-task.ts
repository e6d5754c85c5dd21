import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Db, Task } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { releaseAssets, removeUnused } from '../media/assets.ts'
import { forgetDeliveries } from '../webhooks/delivery-retention.ts'
import { cancelTask, endPolling } from './cancel-task.ts'
import { isActive } from './statuses.ts'
import { findOwnTaskOrThrow } from './task-repository.ts'

/**
 * Forgets a task: its words and bytes go, its ids and its place in the lineage stay as a tombstone. A running task is
 * cancelled first; TASK_STATE_CONFLICT when that cannot be done at once.
 */
export async function deleteTask (context: ServerContext, userId: string, videoId: string): Promise<void> {
  const { db, assets } = context
  const task = await findOwnTaskOrThrow(db, userId, videoId)
  if (isActive(task.status)) await cancelFirst(context, task)
  const contents = await db.transaction().execute(async trx => {
    if (!await bury(trx, task.id)) throw running(task.status)
    await endPolling(trx, task)
    await forgetDeliveries(trx, task.id)
    await forgetReasons(trx, task.id)
    return await releaseAssets(trx, task.id)
  })
  await removeUnused(db, assets, contents)
}

async function cancelFirst (context: ServerContext, task: Task): Promise<void> {
  const { outcome, task: now } = await cancelTask(context, task.user_id, task.id)
  if (outcome === 'requested' || outcome === 'unsupported') throw running(now.status)
}

/** False: it runs again. The lineage keys are Reelay's own and stay; what the client wrote goes. */
async function bury (trx: Db, id: string): Promise<boolean> {
  const buried = await trx
    .updateTable('tasks')
    .set({
      prompt: '',
      options: '{}',
      metadata: sql`(select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(metadata) where key in ('type', 'remix_from', 'remix_from_external'))` as never,
      client_request_id: null,
      error_detail: null,
      deleted_at: sql`now()` as never,
      updated_at: sql`now()`
    })
    .where('id', '=', id)
    .where('status', 'not in', ['QUEUED', 'PROCESSING'])
    .executeTakeFirst()
  return buried.numUpdatedRows > 0n
}

/** What the provider said of its failures may quote the prompt. */
async function forgetReasons (trx: Db, id: string): Promise<void> {
  await trx.updateTable('task_events').set({ detail: sql`detail - 'reason'` as never }).where('task_id', '=', id).where('detail', 'is not', null).execute()
  await trx.updateTable('task_attempts').set({ error_detail: null }).where('task_id', '=', id).execute()
}

function running (status: string): ReelayError {
  return new ReelayError('TASK_STATE_CONFLICT', { params: { status, reason: 'it is running and cannot be cancelled at once' } })
}

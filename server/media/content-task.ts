import type { Asset, Db, Task } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { isVideoId } from '../tasks/video-id.ts'
import type { ContentVariant } from './signed-urls.ts'

/** What a request for content needs to know: a player sends dozens of them for one video. */
export interface ContentTask extends Pick<Task, 'id' | 'attempt' | 'status'> {
  /** The file that is kept here. */
  asset?: KeptAsset
}

export type KeptAsset = Pick<Asset, 'id' | 'task_id' | 'sha256' | 'size' | 'content_type' | 'last_used_at'>

/** `userId`: whose task it must be; undefined when an address was signed that says that it may be shown. */
export interface ContentWanted { videoId: string, variant: ContentVariant, userId: string | undefined }

/** In one statement. Throws TASK_NOT_FOUND. */
export async function findContentTaskOrThrow (db: Db, { videoId, variant, userId }: ContentWanted): Promise<ContentTask> {
  const row = isVideoId(videoId) ? await selectContent(db, videoId, variant, userId) : undefined
  if (!row) throw new ReelayError('TASK_NOT_FOUND', { params: { videoId } })
  const { id, attempt, status, asset_id: assetId, ...asset } = row
  return { id, attempt, status, ...assetId !== null && { asset: { ...asset, id: assetId, task_id: id } as KeptAsset } }
}

function selectContent (db: Db, videoId: string, variant: ContentVariant, userId: string | undefined) {
  return db
    .selectFrom('tasks as t')
    .leftJoin('assets as a', join => join.onRef('a.task_id', '=', 't.id').on('a.kind', '=', variant))
    .select(['t.id', 't.attempt', 't.status', 'a.id as asset_id', 'a.sha256', 'a.size', 'a.content_type', 'a.last_used_at'])
    .where('t.id', '=', videoId)
    .where('t.deleted_at', 'is', null)
    .$if(userId !== undefined, query => query.where('t.user_id', '=', userId!))
    .limit(1)
    .executeTakeFirst()
}

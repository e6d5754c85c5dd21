import type { ServerContext } from '../context.ts'
import type { Asset, Db } from '../database/tables.ts'
import type { AssetStore } from './asset-store.ts'
import { findAsset, storeContent } from './assets.ts'
import { makeSpritesheet, makeThumbnail } from './ffmpeg.ts'

const PREVIEWS = ['thumbnail', 'spritesheet'] as const

type Preview = typeof PREVIEWS[number]

const MAKERS = {
  thumbnail: { make: makeThumbnail, contentType: 'image/webp' },
  spritesheet: { make: makeSpritesheet, contentType: 'image/jpeg' }
} as const

/** Makes the pictures of a finished video that are not there yet. The task is complete without them: when it throws they are missing, no more. */
export async function makePreviews ({ db, assets }: Pick<ServerContext, 'db' | 'assets'>, taskId: string, signal: AbortSignal): Promise<void> {
  const video = await findAsset(db, taskId, 'video')
  const missing = await findMissing(db, taskId)
  if (!video || missing.length === 0) return
  await using file = await assets.localFile(video.sha256, signal)
  for (const kind of missing) {
    const bytes = await MAKERS[kind].make(file.path, video.duration_ms ?? 0, signal)
    await savePreview(db, assets, video, kind, bytes)
  }
}

async function findMissing (db: Db, taskId: string): Promise<Preview[]> {
  const made = await Promise.all(PREVIEWS.map(kind => findAsset(db, taskId, kind)))
  return PREVIEWS.filter((_, index) => !made[index])
}

async function savePreview (db: Db, store: AssetStore, video: Asset, kind: Preview, bytes: Buffer): Promise<void> {
  await store.put(bytes)
  await db.transaction().execute(async trx => {
    // Held until the picture has its row: whoever deletes the task then finds it.
    const task = await trx.selectFrom('tasks').select('id').where('id', '=', video.task_id).where('deleted_at', 'is', null).forNoKeyUpdate().executeTakeFirst()
    if (!task || await findAsset(trx, task.id, kind) || !await findAsset(trx, task.id, 'video')) return
    const sha256 = await storeContent(trx, store, bytes)
    await trx.insertInto('assets').values({ task_id: task.id, kind, sha256, size: bytes.length, content_type: MAKERS[kind].contentType }).execute()
  })
}

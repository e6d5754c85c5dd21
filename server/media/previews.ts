import { createHash } from 'node:crypto'
import type { ServerContext } from '../context.ts'
import type { Asset, Db } from '../database/tables.ts'
import type { AssetStore } from './asset-store.ts'
import { findAsset, lockContent } from './assets.ts'
import { makeSpritesheet, makeThumbnail } from './ffmpeg.ts'

type Preview = 'thumbnail' | 'spritesheet'

const MAKERS = {
  thumbnail: { make: makeThumbnail, contentType: 'image/webp' },
  spritesheet: { make: makeSpritesheet, contentType: 'image/jpeg' }
} as const

/** Makes the pictures of a finished video that are not there yet. The task is complete without them: when it throws they are missing, no more. */
export async function makePreviews ({ db, assets }: Pick<ServerContext, 'db' | 'assets'>, taskId: string, signal: AbortSignal): Promise<void> {
  const video = await findAsset(db, taskId, 'video')
  for (const kind of ['thumbnail', 'spritesheet'] as const) {
    if (!video || await findAsset(db, taskId, kind)) continue
    const bytes = await MAKERS[kind].make(assets.pathOf(video.sha256), video.duration_ms ?? 0, signal)
    await savePreview(db, assets, video, kind, bytes)
  }
}

async function savePreview (db: Db, store: AssetStore, video: Asset, kind: Preview, bytes: Buffer): Promise<void> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await db.transaction().execute(async trx => {
    // Held until the picture has its row: whoever deletes the task then finds it.
    const task = await trx.selectFrom('tasks').select('id').where('id', '=', video.task_id).where('deleted_at', 'is', null).forNoKeyUpdate().executeTakeFirst()
    if (!task || await findAsset(trx, task.id, kind) || !await findAsset(trx, task.id, 'video')) return
    await lockContent(trx, sha256)
    await store.put(bytes)
    await trx.insertInto('assets').values({ task_id: task.id, kind, sha256, size: bytes.length, content_type: MAKERS[kind].contentType }).execute()
  })
}

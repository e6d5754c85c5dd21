import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { InputImage } from '../upstreams/upstream.ts'
import type { AssetStore } from './asset-store.ts'

/** Keeps a task's input image: its row in the caller's transaction, after the task's own. */
export async function saveInputImage (trx: Db, store: AssetStore, taskId: string, image: InputImage): Promise<void> {
  const sha256 = createHash('sha256').update(image.bytes).digest('hex')
  await lockContent(trx, sha256)
  await store.put(image.bytes)
  await trx
    .insertInto('assets')
    .values({ task_id: taskId, kind: 'input', sha256, size: image.bytes.length, content_type: image.contentType, file_name: image.fileName })
    .execute()
}

/** The image a task was created with, for every submission and retry of it. */
export async function loadInputImage (db: Db, store: AssetStore, taskId: string): Promise<InputImage | undefined> {
  const asset = await db
    .selectFrom('assets')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('kind', '=', 'input')
    .executeTakeFirst()
  if (!asset) return
  const { stream } = await store.open(asset.sha256)
  return {
    bytes: Buffer.concat(await stream.toArray()),
    contentType: asset.content_type as InputImage['contentType'],
    fileName: asset.file_name!
  }
}

/** Forgets a task's assets. Give the answer to `removeUnused` once the transaction has committed. */
export async function releaseAssets (trx: Db, taskId: string): Promise<string[]> {
  const released = await trx.deleteFrom('assets').where('task_id', '=', taskId).returning('sha256').execute()
  return [...new Set(released.map(asset => asset.sha256))]
}

/** Removes the files that no task needs any more. A file left behind by a crash costs room and nothing else. */
export async function removeUnused (db: Db, store: AssetStore, contents: readonly string[]): Promise<void> {
  for (const sha256 of contents) {
    await db.transaction().execute(async trx => {
      await lockContent(trx, sha256)
      const user = await trx.selectFrom('assets').select('id').where('sha256', '=', sha256).limit(1).executeTakeFirst()
      if (!user) await store.remove(sha256)
    })
  }
}

/** Until the transaction ends nobody else saves or removes this content: else a row could outlive its file. */
async function lockContent (trx: Db, sha256: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`asset ${sha256}`}, 0))`.execute(trx)
}

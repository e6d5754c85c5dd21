import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Asset, Db } from '../database/tables.ts'
import { AssetStoreAway, type AssetStore, type StoredFile } from './asset-store.ts'
import type { VideoFacts } from './video-file.ts'

const USE_GRAIN_MS = 3_600_000
const PUTS_AT_ONCE = 8

/** Puts files into the store before the transaction that saves them begins: nobody waits for the database meanwhile. What it does not save is removed as an orphan. */
export async function putAhead (store: AssetStore, files: ReadonlyArray<{ bytes: Buffer }>): Promise<void> {
  for (let at = 0; at < files.length; at += PUTS_AT_ONCE) {
    await Promise.all(files.slice(at, at + PUTS_AT_ONCE).map(({ bytes }) => store.put(bytes)))
  }
}

/** Puts bytes into the store, unless they were put ahead and are still there; the row that names them has to be written in the same transaction. */
export async function storeContent (trx: Db, store: AssetStore, bytes: Buffer): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await lockContent(trx, sha256)
  if (!await store.has(sha256)) await store.put(bytes)
  return sha256
}

/** Keeps a task's finished video, in the caller's transaction. False: another task that had the same bytes was just deleted, and they have to be kept anew. */
export async function saveVideoAsset (trx: Db, store: AssetStore, taskId: string, { sha256, size }: StoredFile, facts: VideoFacts): Promise<boolean> {
  await lockContent(trx, sha256)
  if (!await store.has(sha256)) return false
  await trx
    .insertInto('assets')
    .values({ task_id: taskId, kind: 'video', sha256, size, content_type: facts.contentType, duration_ms: facts.durationMs, width: facts.width, height: facts.height })
    .execute()
  return true
}

/** The file of this kind that is kept for a task. */
export async function findAsset (db: Db, taskId: string, kind: Asset['kind']): Promise<Asset | undefined> {
  return await db
    .selectFrom('assets')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('kind', '=', kind)
    .limit(1)
    .executeTakeFirst()
}

/** Remembers that the content was read, at most once an hour: a video being watched is read in many parts. */
export async function noteUse (db: Db, { id, last_used_at: lastUsedAt }: Pick<Asset, 'id' | 'last_used_at'>): Promise<void> {
  if (Date.now() - lastUsedAt.getTime() < USE_GRAIN_MS) return
  await db.updateTable('assets').set({ last_used_at: sql`now()` }).where('id', '=', id).execute()
}

/** Forgets what was kept of finished tasks; what they were given stays. Give the answer to `removeUnused`. */
export async function releaseOutputs (db: Db, taskIds: readonly string[]): Promise<string[]> {
  const released = await db
    .deleteFrom('assets')
    .where('task_id', 'in', [...taskIds])
    .where('kind', 'in', ['video', 'thumbnail', 'spritesheet'])
    .returning('sha256')
    .execute()
  return [...new Set(released.map(asset => asset.sha256))]
}

/** Forgets a task's assets. Give the answer to `removeUnused` once the transaction has committed. */
export async function releaseAssets (trx: Db, taskId: string): Promise<string[]> {
  const released = await trx.deleteFrom('assets').where('task_id', '=', taskId).returning('sha256').execute()
  return [...new Set(released.map(asset => asset.sha256))]
}

/** Removes the files that no task and no character needs any more. One left behind, by a crash or because the store is away, costs room until `removeOrphans` finds it, and nothing else. */
export async function removeUnused (db: Db, store: AssetStore, contents: readonly string[]): Promise<void> {
  try {
    for (const sha256 of contents) await removeIfUnused(db, store, sha256)
  } catch (error) {
    if (!(error instanceof AssetStoreAway)) throw error
  }
}

async function removeIfUnused (db: Db, store: AssetStore, sha256: string): Promise<void> {
  await db.transaction().execute(async trx => {
    await lockContent(trx, sha256)
    const unneeded = await findUnneeded(trx, [sha256])
    if (unneeded.length > 0) await store.remove(sha256)
  })
}

/** Which of these contents belong to no task and no character. */
export async function findUnneeded (db: Db, contents: string[]): Promise<string[]> {
  const { rows } = await sql<{ sha256: string }>`
    select content.sha256
    from unnest(${contents}::text[]) as content (sha256)
    where not exists (select from assets a where a.sha256 = content.sha256)
      and not exists (select from characters c where c.sha256 = content.sha256)`.execute(db)
  return rows.map(row => row.sha256)
}

/** Until the transaction ends nobody else saves or removes this content: else a row could outlive its file. */
export async function lockContent (trx: Db, sha256: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`asset ${sha256}`}, 0))`.execute(trx)
}

import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { AssetStore } from './asset-store.ts'
import { findUnneeded, releaseOutputs, removeUnused } from './assets.ts'

/** What copies of finished videos may take. Without a limit they stay until their task is deleted. */
export interface MediaLimits { days?: number, maxBytes?: number }

/** Released in one statement: short locks. */
const BATCH = 500

/** Removes the copies that are too old, then the least recently used ones until the rest has room. Answers with how many tasks lost theirs. */
export async function pruneVideos (db: Db, store: AssetStore, { days, maxBytes }: MediaLimits): Promise<number> {
  const old = days === undefined ? [] : await findOld(db, days)
  await removeCopies(db, store, old)
  const excess = maxBytes === undefined ? [] : await findExcess(db, maxBytes)
  await removeCopies(db, store, excess)
  return old.length + excess.length
}

async function findOld (db: Db, days: number): Promise<string[]> {
  const rows = await db
    .selectFrom('assets')
    .select('task_id')
    .where('kind', '=', 'video')
    .where(sql<boolean>`created_at < now() - ${days} * interval '1 day'`)
    .execute()
  return rows.map(row => row.task_id)
}

/** Tasks that share one file share its room, and its last use. */
async function findExcess (db: Db, maxBytes: number): Promise<string[]> {
  const { rows } = await sql<{ task_id: string }>`
    with outputs as (
      select sha256, max(size) as size, max(last_used_at) as last_used_at
      from assets
      where kind = 'video'
      group by sha256
    ), ranked as (
      select sha256, sum(size) over (order by last_used_at desc, sha256) as room
      from outputs
    )
    select a.task_id
    from ranked r
    join assets a on a.sha256 = r.sha256 and a.kind = 'video'
    where r.room > ${maxBytes}`.execute(db)
  return rows.map(row => row.task_id)
}

async function removeCopies (db: Db, store: AssetStore, tasks: readonly string[]): Promise<void> {
  for (let at = 0; at < tasks.length; at += BATCH) {
    await removeUnused(db, store, await releaseOutputs(db, tasks.slice(at, at + BATCH)))
  }
}

/**
 * Removes files that nothing needs, left by processes that died at the wrong moment. Looks at a 24th of the store:
 * called every hour it has seen all of it in a day. Answers with how many files went.
 */
export async function removeOrphans (db: Db, store: AssetStore, hour: number): Promise<number> {
  await store.removeAbandoned()
  let removed = 0
  for (let folder = hour; folder < 256; folder += 24) {
    const orphans = await findUnneeded(db, await store.list(folder.toString(16).padStart(2, '0')))
    await removeUnused(db, store, orphans)
    removed += orphans.length
  }
  return removed
}

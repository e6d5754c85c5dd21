import { sql } from 'kysely'
import { ConfigError } from '../config.ts'
import type { Db } from '../database/tables.ts'
import { AssetStoreAway, type AssetStore } from './asset-store.ts'

const MARKER_KEY = 'assets:marker'

/**
 * Makes sure that every process of one database uses the same store. Throws ConfigError when this is not the one the
 * database knows, or when it cannot be reached.
 */
export async function checkAssetStore (db: Db, store: AssetStore): Promise<void> {
  try {
    await store.removeAbandoned()
    const recorded = await recordedMarker(db) ?? await recordMarker(db, store)
    if (recorded === await store.readMarker()) return
  } catch (error) {
    if (error instanceof AssetStoreAway) throw new ConfigError(`${store.place}: ${error.message}`, { cause: error })
    throw error
  }
  throw new ConfigError(`${store.place} is not the asset store this database was started with; every process needs the same one (to begin with an empty one, delete '${MARKER_KEY}' from instance_settings)`)
}

async function recordedMarker (db: Db): Promise<string | undefined> {
  const row = await db.selectFrom('instance_settings').select('value').where('key', '=', MARKER_KEY).executeTakeFirst()
  return row?.value as string | undefined
}

/** Of several first starts one makes the marker; the others find it recorded. */
async function recordMarker (db: Db, store: AssetStore): Promise<string> {
  return await db.transaction().execute(async trx => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${MARKER_KEY}, 0))`.execute(trx)
    const recorded = await recordedMarker(trx)
    if (recorded !== undefined) return recorded
    const marker = await store.createMarker()
    await trx.insertInto('instance_settings').values({ key: MARKER_KEY, value: JSON.stringify(marker) }).execute()
    return marker
  })
}

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'

/**
 * The name of this history of the log. Another one after a restore or a replacement of the database: it mixes a random
 * value kept in the database with the cluster's identity and timeline, which change when a backup is brought back.
 */
export async function loadFeedEpoch (db: Db): Promise<string> {
  await db
    .insertInto('instance_settings')
    .values({ key: 'feed:epoch', value: JSON.stringify(crypto.randomUUID()) })
    .onConflict(conflict => conflict.column('key').doNothing())
    .execute()
  const { rows } = await sql<{ identity: string }>`
    select concat_ws(' ', s.value, (pg_control_system()).system_identifier, (pg_control_checkpoint()).timeline_id, d.oid) as identity
    from instance_settings s, pg_database d
    where s.key = 'feed:epoch' and d.datname = current_database()`.execute(db)
  return createHash('sha256').update(rows[0]!.identity).digest('hex').slice(0, 10)
}

/** From the next start on: a history that was restored is another one, though a copied cluster does not show it. */
export async function renewFeedEpoch (db: Db): Promise<void> {
  await db.deleteFrom('instance_settings').where('key', '=', 'feed:epoch').execute()
}

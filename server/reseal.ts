import { sql } from 'kysely'
import { credentialPlace, fingerprintOf, webhookSecretPlace } from './channels/credentials.ts'
import { open, seal } from './channels/sealed.ts'
import type { Db } from './database/tables.ts'
import { lockSecrets, rememberEncryptionKey } from './secrets.ts'
import { endpointPlace } from './webhooks/signing.ts'

/** Other processes hold the old key: what they sealed from now on could never be opened again. */
export class StillRunning extends Error {
  override name = 'StillRunning'
}

/**
 * Seals everything that is sealed anew, from one key to another, in one transaction; how many secrets those were. Throws StillRunning while
 * another process is connected, and when something does not open: then nothing was changed.
 */
export async function resealAll (db: Db, from: Buffer, to: Buffer): Promise<number> {
  return await db.transaction().execute(async trx => {
    // Who starts meanwhile waits here, and then finds another fingerprint than its key's.
    await lockSecrets(trx)
    await refuseWhileRunning(trx)
    const move = (sealed: Buffer, place: string[]) => seal(to, open(from, sealed, place), place)
    const counts = [await resealCredentials(trx, from, to), await resealChannels(trx, move), await resealEndpoints(trx, move)]
    await rememberEncryptionKey(trx, to)
    return counts.reduce((sum, count) => sum + count)
  })
}

type Move = (sealed: Buffer, place: string[]) => Buffer

/** Every process has connections of this name, whatever its roles. */
async function refuseWhileRunning (trx: Db): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select distinct application_name as name
    from pg_stat_activity
    where datname = current_database() and application_name like 'reelay%' and pid <> pg_backend_pid()`.execute(trx)
  if (rows.length > 0) throw new StillRunning('Reelay is running on this database: stop every process first')
}

/** Retired ones as well: tasks of before still use them. */
async function resealCredentials (trx: Db, from: Buffer, to: Buffer): Promise<number> {
  const rows = await trx.selectFrom('channel_credentials').select(['id', 'channel_id', 'sealed']).execute()
  for (const { id, channel_id: channelId, sealed } of rows) {
    const place = credentialPlace(id, channelId)
    const apiKey = open(from, sealed, place)
    await trx.updateTable('channel_credentials').set({ sealed: seal(to, apiKey, place), fingerprint: fingerprintOf(to, apiKey) }).where('id', '=', id).execute()
  }
  return rows.length
}

async function resealChannels (trx: Db, move: Move): Promise<number> {
  const rows = await trx.selectFrom('channels').select(['id', 'webhook_secret']).where('webhook_secret', 'is not', null).execute()
  for (const { id, webhook_secret: sealed } of rows) {
    await trx.updateTable('channels').set({ webhook_secret: move(sealed!, webhookSecretPlace(id)) }).where('id', '=', id).execute()
  }
  return rows.length
}

async function resealEndpoints (trx: Db, move: Move): Promise<number> {
  const rows = await trx.selectFrom('webhook_endpoints').select(['id', 'secret', 'previous_secrets']).where('secret', 'is not', null).execute()
  for (const { id, secret, previous_secrets: previous } of rows) {
    const place = endpointPlace(id)
    await trx.updateTable('webhook_endpoints').set({ secret: move(secret!, place), previous_secrets: previous.map(sealed => move(sealed, place)) }).where('id', '=', id).execute()
  }
  return rows.length
}

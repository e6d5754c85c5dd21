import { createHash } from 'node:crypto'
import type { Channel, Db } from '../database/tables.ts'
import { open, seal } from './sealed.ts'

/** Where a provider is, and the key it gave. */
export interface Account { baseUrl: string, apiKey: string }

/** The id of the credential new submissions of a channel use; undefined for the sandbox. */
export async function findCurrentCredentialId (db: Db, channelId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('channel_credentials')
    .select('id')
    .where('channel_id', '=', channelId)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  return row?.id
}

/** Opens a sealed key. Throws when it was sealed for another row or under another key. */
export async function openCredential (db: Db, encryptionKey: Buffer, id: string): Promise<Account> {
  const row = await db
    .selectFrom('channel_credentials')
    .select(['id', 'channel_id', 'sealed', 'base_url'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { baseUrl: row.base_url, apiKey: open(encryptionKey, row.sealed, credentialPlace(row.id, row.channel_id)) }
}

/**
 * Makes the account the channel's current one. The last one stays for the tasks that were submitted with it. An unchanged account keeps
 * its row, so a restart seals nothing anew.
 */
export async function setCredential (trx: Db, encryptionKey: Buffer, channelId: string, { baseUrl, apiKey }: Account): Promise<void> {
  const fingerprint = fingerprintOf(encryptionKey, apiKey)
  const current = await trx
    .selectFrom('channel_credentials')
    .select(['id', 'fingerprint', 'base_url'])
    .where('channel_id', '=', channelId)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  if (current?.fingerprint === fingerprint && current.base_url === baseUrl) return

  if (current) await trx.updateTable('channel_credentials').set({ retired_at: new Date() }).where('id', '=', current.id).execute()
  const id = crypto.randomUUID()
  await trx
    .insertInto('channel_credentials')
    .values({ id, channel_id: channelId, base_url: baseUrl, sealed: seal(encryptionKey, apiKey, credentialPlace(id, channelId)), fingerprint })
    .execute()
}

/** Tells whether a key is the one that is sealed, without opening it. */
export function fingerprintOf (encryptionKey: Buffer, apiKey: string): string {
  return createHash('sha256').update(encryptionKey).update(apiKey).digest('hex').slice(0, 16)
}

export function sealWebhookSecret (encryptionKey: Buffer, channelId: string, secret: string): Buffer {
  return seal(encryptionKey, secret, webhookSecretPlace(channelId))
}

/** What the channel's provider signs its events with; undefined where nothing was agreed. Throws as `openCredential` does. */
export function openWebhookSecret (encryptionKey: Buffer, { id, webhook_secret: sealed }: Pick<Channel, 'id' | 'webhook_secret'>): string | undefined {
  return sealed ? open(encryptionKey, sealed, webhookSecretPlace(id)) : undefined
}

/** What the sealed bytes are bound to: moved to another row they do not open. */
export function credentialPlace (id: string, channelId: string): string[] {
  return ['channel_credentials', 'sealed', id, channelId]
}

export function webhookSecretPlace (channelId: string): string[] {
  return ['channels', 'webhook_secret', channelId]
}

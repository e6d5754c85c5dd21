import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Channel, Db } from '../database/tables.ts'
import { open, seal } from './sealed.ts'

export const SANDBOX_CHANNEL = 'sandbox'

/** A channel with the id of the credential that new submissions use; null for the sandbox. */
export type UsableChannel = Channel & { current_credential_id: string | null }

/** Channels that may take new tasks, the preferred first. The sandbox is not one of them. */
export function listUsableChannels (db: Db): Promise<UsableChannel[]> {
  return db
    .selectFrom('channels')
    .leftJoin('channel_credentials as key', join => join
      .onRef('key.channel_id', '=', 'channels.id')
      .on('key.retired_at', 'is', null))
    .selectAll('channels')
    .select('key.id as current_credential_id')
    .where('builtin', '=', false)
    .where('disabled_at', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('priority', 'desc')
    .orderBy('channels.created_at')
    .execute()
}

/** Every channel of the owner's that is not deleted, those that take no new tasks included. */
export function listChannels (db: Db): Promise<Channel[]> {
  return db
    .selectFrom('channels')
    .selectAll()
    .where('builtin', '=', false)
    .where('deleted_at', 'is', null)
    .orderBy('name')
    .execute()
}

/** Any channel, deleted ones included: running tasks are served to their end. */
export function findChannel (db: Db, id: string): Promise<Channel | undefined> {
  return db
    .selectFrom('channels')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
}

/** A channel by its name or its id. A name may be free again: the one in use counts. */
export function findChannelNamed (db: Db, nameOrId: string): Promise<Channel | undefined> {
  return db
    .selectFrom('channels')
    .selectAll()
    .where(eb => eb.or([eb('id', '=', nameOrId), eb('name', '=', nameOrId).and('deleted_at', 'is', null)]))
    .orderBy(eb => eb('id', '=', nameOrId), 'desc')
    .executeTakeFirst()
}

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
export async function openCredential (db: Db, encryptionKey: Buffer, id: string): Promise<string> {
  const row = await db
    .selectFrom('channel_credentials')
    .select(['id', 'channel_id', 'sealed'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return open(encryptionKey, row.sealed, credentialPlace(row.id, row.channel_id))
}

/** What the channel's provider signs its events with; undefined where nothing was agreed. Throws as `openCredential` does. */
export function openWebhookSecret (encryptionKey: Buffer, { id, webhook_secret: sealed }: Pick<Channel, 'id' | 'webhook_secret'>): string | undefined {
  return sealed ? open(encryptionKey, sealed, webhookSecretPlace(id)) : undefined
}

/** Makes `key` the channel's current credential. An unchanged key keeps its row, so a restart seals nothing anew. */
export async function setCredential (trx: Db, encryptionKey: Buffer, channelId: string, key: string): Promise<void> {
  const fingerprint = createHash('sha256').update(encryptionKey).update(key).digest('hex').slice(0, 16)
  const current = await trx
    .selectFrom('channel_credentials')
    .select(['id', 'fingerprint'])
    .where('channel_id', '=', channelId)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  if (current?.fingerprint === fingerprint) return

  if (current) await trx.updateTable('channel_credentials').set({ retired_at: new Date() }).where('id', '=', current.id).execute()
  const id = crypto.randomUUID()
  await trx
    .insertInto('channel_credentials')
    .values({ id, channel_id: channelId, sealed: seal(encryptionKey, key, credentialPlace(id, channelId)), fingerprint })
    .execute()
}

/** The sandbox needs a row so that its tasks have a channel; it is never offered beside real ones. */
export async function ensureSandboxChannel (db: Db): Promise<void> {
  await db
    .insertInto('channels')
    .values({ id: SANDBOX_CHANNEL, name: 'sandbox', type: 'sora-relay', builtin: true })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute()
}

/**
 * Makes the channel named `env` follow its variables. Another type or base URL is another account, so it gets
 * another id: tasks of the old one go on being polled where they were submitted.
 */
export async function syncEnvChannel (db: Db, config: Config, encryptionKey: Buffer): Promise<void> {
  const id = config.UPSTREAM_TYPE ? envChannelId(config.UPSTREAM_TYPE, config.UPSTREAM_BASE_URL!) : undefined
  await db.transaction().execute(async trx => {
    await trx
      .updateTable('channels')
      .set({ deleted_at: new Date(), updated_at: new Date() })
      .where('name', '=', 'env')
      .where('deleted_at', 'is', null)
      .$if(id !== undefined, query => query.where('id', '!=', id!))
      .execute()
    if (!id) return

    const values = {
      name: 'env',
      type: config.UPSTREAM_TYPE!,
      base_url: config.UPSTREAM_BASE_URL!,
      webhook_secret: config.UPSTREAM_WEBHOOK_SECRET ? seal(encryptionKey, config.UPSTREAM_WEBHOOK_SECRET, webhookSecretPlace(id)) : null,
      models: config.UPSTREAM_MODELS ? JSON.stringify(splitList(config.UPSTREAM_MODELS)) : null,
      deleted_at: null,
      updated_at: new Date()
    }
    await trx
      .insertInto('channels')
      .values({ id, ...values })
      .onConflict(conflict => conflict.column('id').doUpdateSet(values))
      .execute()
    await setCredential(trx, encryptionKey, id, config.UPSTREAM_API_KEY!)
  })
}

function envChannelId (type: string, baseUrl: string): string {
  return `env-${createHash('sha256').update(`${type} ${baseUrl}`).digest('hex').slice(0, 8)}`
}

/** What the sealed bytes are bound to: moved to another row they do not open. */
function credentialPlace (id: string, channelId: string): string[] {
  return ['channel_credentials', 'sealed', id, channelId]
}

function webhookSecretPlace (channelId: string): string[] {
  return ['channels', 'webhook_secret', channelId]
}

function splitList (text: string): string[] {
  return text.split(',').map(item => item.trim()).filter(Boolean)
}

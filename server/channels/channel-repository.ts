import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Channel, Db } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { sealWebhookSecret, setCredential } from './credentials.ts'

export const SANDBOX_CHANNEL = 'sandbox'
/** The name of the channel that follows its variables. */
export const ENV_CHANNEL = 'env'

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

/** A channel, and since when it has its present key; null for the sandbox. */
export type ListedChannel = Channel & { key_set_at: Date | null }

/** What administrators see: every channel that is not deleted, the sandbox included. */
export function listAllChannels (db: Db): Promise<ListedChannel[]> {
  return selectListed(db)
    .orderBy('channels.builtin')
    .orderBy('channels.priority', 'desc')
    .orderBy('channels.created_at')
    .execute()
}

/** Throws CHANNEL_NOT_FOUND, also for a deleted one. */
export async function findListedChannel (db: Db, id: string): Promise<ListedChannel> {
  const channel = await selectListed(db).where('channels.id', '=', id).executeTakeFirst()
  if (!channel) throw new ReelayError('CHANNEL_NOT_FOUND', { params: { id } })
  return channel
}

function selectListed (db: Db) {
  return db
    .selectFrom('channels')
    .leftJoin('channel_credentials as key', join => join
      .onRef('key.channel_id', '=', 'channels.id')
      .on('key.retired_at', 'is', null))
    .selectAll('channels')
    .select('key.created_at as key_set_at')
    .where('deleted_at', 'is', null)
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
      .where('name', '=', ENV_CHANNEL)
      .where('deleted_at', 'is', null)
      .$if(id !== undefined, query => query.where('id', '!=', id!))
      .execute()
    if (!id) return

    const values = {
      name: ENV_CHANNEL,
      type: config.UPSTREAM_TYPE!,
      base_url: config.UPSTREAM_BASE_URL!,
      webhook_secret: config.UPSTREAM_WEBHOOK_SECRET ? sealWebhookSecret(encryptionKey, id, config.UPSTREAM_WEBHOOK_SECRET) : null,
      models: config.UPSTREAM_MODELS ? JSON.stringify(splitList(config.UPSTREAM_MODELS)) : null,
      deleted_at: null,
      updated_at: new Date()
    }
    await trx
      .insertInto('channels')
      .values({ id, ...values })
      .onConflict(conflict => conflict.column('id').doUpdateSet(values))
      .execute()
    await setCredential(trx, encryptionKey, id, { baseUrl: config.UPSTREAM_BASE_URL!, apiKey: config.UPSTREAM_API_KEY! })
  })
}

function envChannelId (type: string, baseUrl: string): string {
  return `env-${createHash('sha256').update(`${type} ${baseUrl}`).digest('hex').slice(0, 8)}`
}

function splitList (text: string): string[] {
  return text.split(',').map(item => item.trim()).filter(Boolean)
}

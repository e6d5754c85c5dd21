import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { Channel, Db } from '../database/tables.ts'
import { ReelayError, invalidField } from '../errors.ts'
import { dialectsOf } from '../upstreams/adapters.ts'
import { checkUrl } from '../upstreams/egress-addresses.ts'
import { EgressError } from '../upstreams/egress-error.ts'
import { ENV_CHANNEL, SANDBOX_CHANNEL } from './channel-repository.ts'
import { changeSettings, settingsOf, type SettingChanges } from './channel-settings.ts'
import { sealWebhookSecret, setCredential } from './credentials.ts'
import { forgetRefusal } from './standing.ts'

/** Every creation of a task looks at all of them. */
export const MAX_CHANNELS = 200
/** Any number, the same in every process: the advisory lock of making channels. */
const CHANNELS_LOCK = 7_302_006
const UNIQUE_VIOLATION = '23505'
const RESERVED_NAMES: readonly string[] = [ENV_CHANNEL, SANDBOX_CHANNEL]

export interface ChannelChanges extends SettingChanges {
  name?: string
  baseUrl?: string
  apiKey?: string
  webhookSecret?: string | null
  models?: string[] | null
  priority?: number
  weight?: number
  enabled?: boolean
}

export type ChannelWish = ChannelChanges & { name: string, type: string, baseUrl: string, apiKey: string }

/** Throws what is wrong with it by field, CHANNEL_EXISTS and CHANNEL_LIMIT. */
export async function createChannel (db: Db, encryptionKey: Buffer, wish: ChannelWish): Promise<Channel> {
  const id = newChannelId()
  return await db.transaction().execute(async trx => {
    await checkRoom(trx)
    const values = { ...columnsOf(encryptionKey, { id, type: wish.type, settings: {}, disabled_at: null }, wish), id, name: wish.name, type: wish.type }
    const channel = await trx.insertInto('channels').values(values).returningAll().executeTakeFirstOrThrow()
    await setCredential(trx, encryptionKey, id, wish)
    return channel
  }).catch(error => { throw taken(error, wish.name) })
}

/**
 * Changes what is given. Tasks that were submitted keep the address and the key they were submitted with. Throws CHANNEL_NOT_FOUND,
 * CHANNEL_FIXED, CHANNEL_EXISTS, and what is wrong by field.
 */
export async function updateChannel (db: Db, encryptionKey: Buffer, id: string, changes: ChannelChanges): Promise<Channel> {
  return await db.transaction().execute(async trx => {
    const channel = await lockChannel(trx, id)
    const { enabled: _, ...others } = changes
    if (channel.builtin || (isEnvChannel(channel) && Object.keys(others).length > 0)) throw fixed(channel)
    checkMove(channel, changes)
    const updated = await trx
      .updateTable('channels')
      .set({ ...columnsOf(encryptionKey, channel, changes), updated_at: sql<Date>`now()` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    if (changes.apiKey !== undefined) {
      await setCredential(trx, encryptionKey, id, { baseUrl: updated.base_url!, apiKey: changes.apiKey })
      await forgetRefusal(trx, id)
    }
    return updated
  }).catch(error => { throw taken(error, changes.name) })
}

/** It takes no new tasks any more; those it has go on to their end, and what they made stays served. Throws CHANNEL_NOT_FOUND, CHANNEL_FIXED. */
export async function deleteChannel (db: Db, id: string): Promise<void> {
  await db.transaction().execute(async trx => {
    const channel = await lockChannel(trx, id)
    if (channel.builtin || isEnvChannel(channel)) throw fixed(channel)
    await trx.updateTable('channels').set({ deleted_at: sql<Date>`now()`, updated_at: sql<Date>`now()` }).where('id', '=', id).execute()
  })
}

export function isEnvChannel ({ name, builtin }: Pick<Channel, 'name' | 'builtin'>): boolean {
  return !builtin && name === ENV_CHANNEL
}

async function lockChannel (trx: Db, id: string): Promise<Channel> {
  const channel = await trx.selectFrom('channels').selectAll().where('id', '=', id).where('deleted_at', 'is', null).forUpdate().executeTakeFirst()
  if (!channel) throw new ReelayError('CHANNEL_NOT_FOUND', { params: { id } })
  return channel
}

async function checkRoom (trx: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(${CHANNELS_LOCK})`.execute(trx)
  const { count } = await trx.selectFrom('channels').select(eb => eb.fn.countAll<string>().as('count')).where('deleted_at', 'is', null).executeTakeFirstOrThrow()
  if (Number(count) >= MAX_CHANNELS) throw new ReelayError('CHANNEL_LIMIT', { params: { limit: MAX_CHANNELS } })
}

/** A key is sealed for the address it was given for: whoever may change a channel must not be able to have its key sent elsewhere. */
function checkMove (channel: Channel, { baseUrl, apiKey }: ChannelChanges): void {
  if (baseUrl !== undefined && baseUrl !== channel.base_url && apiKey === undefined) throw invalidField('apiKey', 'is required with another baseUrl: the present key goes to the present address only')
}

type Before = Pick<Channel, 'id' | 'type' | 'settings' | 'disabled_at'>

function columnsOf (encryptionKey: Buffer, before: Before, changes: ChannelChanges) {
  const { name, baseUrl, webhookSecret, models, priority, weight, enabled } = changes
  const settings = changeSettings(before.settings, changes)
  check(before.type, changes, settings)
  return {
    ...name !== undefined && { name },
    ...baseUrl !== undefined && { base_url: baseUrl },
    ...webhookSecret !== undefined && { webhook_secret: webhookSecret === null ? null : sealWebhookSecret(encryptionKey, before.id, webhookSecret) },
    ...models !== undefined && { models: models === null ? null : JSON.stringify(models) },
    ...priority !== undefined && { priority },
    ...weight !== undefined && { weight },
    ...enabled !== undefined && { disabled_at: enabled ? null : before.disabled_at ?? new Date() },
    settings: JSON.stringify(settings)
  }
}

function check (type: string, { name, baseUrl }: ChannelChanges, settings: Channel['settings']): void {
  if (name !== undefined && RESERVED_NAMES.includes(name)) throw invalidField('name', 'is reserved')
  if (baseUrl !== undefined) checkBaseUrl(baseUrl)
  const { dialect } = settingsOf({ settings })
  if (dialect !== undefined) checkDialect(type, dialect)
}

function checkBaseUrl (baseUrl: string): void {
  try {
    const { search, hash } = checkUrl(baseUrl, { trust: 'channel' })
    if (search || hash) throw invalidField('baseUrl', 'must end with its path')
  } catch (error) {
    if (error instanceof EgressError) throw invalidField('baseUrl', `cannot be used: ${error.message}`)
    throw error
  }
}

function checkDialect (type: string, dialect: string): void {
  const known = dialectsOf(type)
  if (known.length === 0) throw invalidField('dialect', `is nothing that ${type} has`)
  if (!known.includes(dialect)) throw invalidField('dialect', `must be one of: ${known.join(', ')}`)
}

function fixed ({ name, builtin }: Channel): ReelayError {
  return new ReelayError('CHANNEL_FIXED', { params: { name, reason: { reason: builtin ? 'sandboxFixed' : 'envFixed' } } })
}

function taken (error: unknown, name = ''): unknown {
  return (error as { code?: string }).code === UNIQUE_VIOLATION ? new ReelayError('CHANNEL_EXISTS', { params: { name }, details: [{ field: 'name', message: 'is taken' }] }) : error
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

function newChannelId (): string {
  return `channel_${Array.from({ length: 12 }, () => ALPHABET[randomInt(36)]).join('')}`
}

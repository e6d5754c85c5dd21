import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, WebhookEndpoint } from '../database/tables.ts'
import { invalidField, ReelayError } from '../errors.ts'
import { giveUpPending } from './delivery-records.ts'
import { newSecret, sealSecret } from './signing.ts'
import { CALLBACK_EVENTS, EVENTS_OF } from './webhook-events.ts'

/** Each is told of every task: more of them would make one user's tasks everybody's load. */
const MAX_ENDPOINTS = 25
const OLD_SECRET_HOURS = 24
/** Each valid one is a signature more in a header. */
const MAX_OLD_SECRETS = 4

export interface NewEndpoint { url: string, name?: string, format: WebhookEndpoint['format'], events?: string[] }
export interface EndpointChanges { url?: string, name?: string | null, events?: string[], disabled?: boolean }

function ownEndpoints (db: Db, userId: string) {
  return db.selectFrom('webhook_endpoints').selectAll().where('user_id', '=', userId).where('task_id', 'is', null)
}

export function listEndpoints (db: Db, userId: string): Promise<WebhookEndpoint[]> {
  return ownEndpoints(db, userId).orderBy('created_at').orderBy('id').execute()
}

/** Throws WEBHOOK_NOT_FOUND, also for somebody else's. */
export async function findEndpointOrThrow (db: Db, userId: string, id: string): Promise<WebhookEndpoint> {
  const endpoint = await ownEndpoints(db, userId).where('id', '=', id).executeTakeFirst()
  if (!endpoint) throw notFound(id)
  return endpoint
}

/** Answers with the secret, which is shown only now. Throws WEBHOOK_LIMIT. */
export function insertEndpoint (db: Db, encryptionKey: Buffer, userId: string, { url, name, format, events }: NewEndpoint): Promise<{ endpoint: WebhookEndpoint, secret: string }> {
  const id = newEndpointId()
  const secret = newSecret()
  checkEvents(format, events)
  return db.transaction().execute(async trx => {
    await checkRoom(trx, userId)
    const endpoint = await trx
      .insertInto('webhook_endpoints')
      .values({ id, user_id: userId, url, host: hostOf(url), name, format, events: events ?? [...EVENTS_OF[format]], secret: sealSecret(encryptionKey, id, secret) })
      .returningAll()
      .executeTakeFirstOrThrow()
    return { endpoint, secret }
  })
}

/** The callbackUrl of one task: told how it ends, signed with the user's callback secret. */
export async function insertCallback (trx: Db, task: { id: string, user_id: string }, url: string): Promise<void> {
  await trx
    .insertInto('webhook_endpoints')
    .values({ id: newEndpointId(), user_id: task.user_id, task_id: task.id, url, host: hostOf(url), events: [...CALLBACK_EVENTS] })
    .execute()
}

/** Enabling forgets the failures; disabling gives up what is still to be sent. */
export function updateEndpoint (db: Db, endpoint: WebhookEndpoint, { url, name, events, disabled }: EndpointChanges): Promise<WebhookEndpoint> {
  checkEvents(endpoint.format, events)
  return db.transaction().execute(async trx => {
    const updated = await trx
      .updateTable('webhook_endpoints')
      .set({
        url,
        name,
        events,
        ...url !== undefined && { host: hostOf(url), paused_until: null },
        updated_at: sql`now()`,
        ...disabled === true && { disabled_at: sql`coalesce(disabled_at, now())`, disabled_reason: sql`coalesce(disabled_reason, 'user')` },
        ...disabled === false && { disabled_at: null, disabled_reason: null, failing_since: null, paused_until: null }
      })
      .where('id', '=', endpoint.id)
      .returningAll()
      .executeTakeFirst()
    if (!updated) throw notFound(endpoint.id)
    if (disabled) await giveUpPending(trx, endpoint.id)
    return updated
  })
}

export async function deleteEndpoint (db: Db, id: string): Promise<void> {
  await db.deleteFrom('webhook_endpoints').where('id', '=', id).execute()
}

/** A new secret; for a day the old one signs as well, also when the new one is replaced within it. */
export async function rotateSecret (db: Db, encryptionKey: Buffer, { id }: WebhookEndpoint): Promise<{ endpoint: WebhookEndpoint, secret: string }> {
  const secret = newSecret()
  const endpoint = await db
    .updateTable('webhook_endpoints')
    .set({
      secret: sealSecret(encryptionKey, id, secret),
      previous_secrets: sql`array_prepend(secret, previous_secrets[1:${MAX_OLD_SECRETS - 1}::int])`,
      previous_secrets_until: sql`array_prepend(now() + ${OLD_SECRET_HOURS} * interval '1 hour', previous_secrets_until[1:${MAX_OLD_SECRETS - 1}::int])`,
      updated_at: sql`now()`
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  if (!endpoint) throw notFound(id)
  return { endpoint, secret }
}

/** Holds the user's row, so that two requests cannot both take the last place. */
async function checkRoom (trx: Db, userId: string): Promise<void> {
  await trx.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute()
  const { count } = await trx
    .selectFrom('webhook_endpoints')
    .select(eb => eb.fn.countAll<string>().as('count'))
    .where('user_id', '=', userId)
    .where('task_id', 'is', null)
    .executeTakeFirstOrThrow()
  if (Number(count) >= MAX_ENDPOINTS) throw new ReelayError('WEBHOOK_LIMIT', { params: { limit: MAX_ENDPOINTS } })
}

function checkEvents (format: WebhookEndpoint['format'], events: readonly string[] = []): void {
  const known = EVENTS_OF[format]
  if (!events.every(event => known.includes(event))) throw invalidField('events', `must be of: ${known.join(', ')}`)
}

function newEndpointId (): string {
  return `whe_${randomUUID().replaceAll('-', '')}`
}

function hostOf (url: string): string {
  return new URL(url).host
}

function notFound (id: string): ReelayError {
  return new ReelayError('WEBHOOK_NOT_FOUND', { params: { id } })
}

import { sql, type Expression, type SqlBool } from 'kysely'
import type { ApiKey, Db, User } from '../database/tables.ts'
import { invalidField, ReelayError } from '../errors.ts'
import { hashKeyToken, newKeyToken } from './key-token.ts'
import type { Scope } from './scopes.ts'

/** Enough for one a program; more is somebody who never revokes. */
export const MAX_KEYS = 100

/** Who a request with an API key comes from. */
export interface KeyUser {
  id: string
  username: string
  role: User['role']
  key: { id: string, scopes: Scope[], requestsPerMinute: number | null }
}

export interface NewKey {
  name: string
  scopes: readonly Scope[]
  /** Compared with the database's clock. */
  expiresAt?: Date
  requestsPerMinute?: number
}

export interface KeyChanges { name?: string, requestsPerMinute?: number | null }

/** Makes a key; the answer is the only place where it can be seen. Throws API_KEY_LIMIT, REQUEST_INVALID for an expiry that has passed. */
export function createKey (db: Db, userId: string, { name, scopes, expiresAt, requestsPerMinute }: NewKey): Promise<{ apiKey: ApiKey, token: string }> {
  const token = newKeyToken()
  return db.transaction().execute(async trx => {
    await checkRoom(trx, userId)
    if (expiresAt) await checkFuture(trx, expiresAt)
    const apiKey = await trx
      .insertInto('api_keys')
      .values({
        user_id: userId,
        name,
        hash: hashKeyToken(token),
        prefix: token.slice(0, 7),
        last4: token.slice(-4),
        scopes: [...scopes],
        requests_per_minute: requestsPerMinute,
        expires_at: expiresAt
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return { apiKey, token }
  })
}

/** Newest first, those that have expired included. */
export function listKeys (db: Db, userId: string): Promise<ApiKey[]> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
}

/** Throws API_KEY_NOT_FOUND, also for somebody else's. */
export async function updateKey (db: Db, userId: string, id: string, { name, requestsPerMinute }: KeyChanges): Promise<ApiKey> {
  const apiKey = await db
    .updateTable('api_keys')
    .set({ name, requests_per_minute: requestsPerMinute })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returningAll()
    .executeTakeFirst()
  if (!apiKey) throw notFound(id)
  return apiKey
}

/** Nothing of a revoked key is kept. Throws API_KEY_NOT_FOUND, also for somebody else's. */
export async function revokeKey (db: Db, userId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('api_keys')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (numDeletedRows === 0n) throw notFound(id)
}

/** The user of a key that has not expired, of an account that is not disabled. Notes its use, at most once a minute. */
export function findKeyUser (db: Db, hash: Buffer): Promise<KeyUser | undefined> {
  return findUserWhere(db, sql<SqlBool>`api_keys.hash = ${hash}`)
}

/** As `findKeyUser`, for what was opened with the key before. */
export function findKeyUserById (db: Db, id: string): Promise<KeyUser | undefined> {
  return findUserWhere(db, sql<SqlBool>`api_keys.id = ${id}::uuid`)
}

async function findUserWhere (db: Db, condition: Expression<SqlBool>): Promise<KeyUser | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select(['users.id', 'users.username', 'users.role', 'api_keys.id as keyId', 'scopes', 'requests_per_minute', UNTOUCHED.as('touch')])
    .where(condition)
    .where(sql<SqlBool>`(expires_at is null or expires_at > now())`)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined

  const { id, username, role, keyId, scopes, requests_per_minute: requestsPerMinute, touch } = row
  if (touch) await touchKey(db, keyId)
  return { id, username, role, key: { id: keyId, scopes, requestsPerMinute } }
}

const UNTOUCHED = sql<boolean>`(last_used_at is null or last_used_at < now() - interval '1 minute')`

async function touchKey (db: Db, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where(UNTOUCHED)
    .execute()
}

/** Locks the user, so that two requests cannot take the last place. */
async function checkRoom (trx: Db, userId: string): Promise<void> {
  await trx.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute()
  const { keys } = await trx
    .selectFrom('api_keys')
    .select(query => query.fn.countAll<string>().as('keys'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
  if (Number(keys) >= MAX_KEYS) throw new ReelayError('API_KEY_LIMIT', { params: { limit: MAX_KEYS } })
}

async function checkFuture (trx: Db, instant: Date): Promise<void> {
  const { rows: [row] } = await sql<{ future: boolean }>`select ${instant}::timestamptz > now() as future`.execute(trx)
  if (!row?.future) throw invalidField('expiresAt', 'must be in the future')
}

function notFound (id: string): ReelayError {
  return new ReelayError('API_KEY_NOT_FOUND', { params: { id } })
}

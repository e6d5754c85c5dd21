import { sql } from 'kysely'
import type { Db, Session, User } from '../database/tables.ts'

/** How long a login lasts. */
export const SESSION_SECONDS = 7 * 24 * 60 * 60

/** Ended sessions are kept this long: an address that a user logged in from lately is a known one. */
const ENDED_KEPT = sql<Date>`now() - interval '30 days'`

/** Who a request comes from. */
export interface SessionUser {
  id: string
  username: string
  role: User['role']
  sessionId: string
}

/**
 * Starts a session, unless the password was changed or the account disabled since `user` was read: the row is
 * locked against that while the session is written. Undefined then.
 */
export async function createSession (db: Db, user: User, { ip, userAgent }: { ip: string, userAgent?: string }): Promise<Session | undefined> {
  // Whole seconds, as the token counts them.
  const expiresAt = new Date((Math.floor(Date.now() / 1000) + SESSION_SECONDS) * 1000)
  await deleteOldSessions(db, user.id)
  return db
    .insertInto('sessions')
    .columns(['user_id', 'user_agent', 'ip', 'expires_at'])
    .expression(db
      .selectFrom('users')
      .select(['id', sql`${userAgent?.slice(0, 256) ?? null}::text`.as('user_agent'), sql`${ip}::text`.as('ip'), sql`${expiresAt}::timestamptz`.as('expires_at')])
      .where('id', '=', user.id)
      .where('password_hash', '=', user.password_hash)
      .where('disabled_at', 'is', null)
      .forShare())
    .returningAll()
    .executeTakeFirst()
}

/** The user of a session that is neither revoked nor expired, of an account that is not disabled. */
export async function findSessionUser (db: Db, sessionId: string): Promise<SessionUser | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id', 'users.username', 'users.role', 'sessions.id as sessionId', sql<boolean>`last_seen_at < now() - interval '5 minutes'`.as('touch')])
    .where('sessions.id', '=', sessionId)
    .where('sessions.revoked_at', 'is', null)
    .where('sessions.expires_at', '>', sql<Date>`now()`)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined

  const { touch, ...user } = row
  if (touch) await touchSession(db, sessionId)
  return user
}

/** The sessions that are still good, newest first. */
export function listSessions (db: Db, userId: string): Promise<Session[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .orderBy('created_at', 'desc')
    .execute()
}

/** Ends one session of the user; false when there is no such. */
export async function revokeSession (db: Db, userId: string, sessionId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', sessionId)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Ends every session of the user but `keepSessionId`. Returns how many ended. */
export async function revokeSessions (db: Db, userId: string, keepSessionId?: string): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ revoked_at: sql<Date>`now()` })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .$if(keepSessionId !== undefined, query => query.where('id', '!=', keepSessionId!))
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Whether the user logged in from this address lately. */
export async function isKnownAddress (db: Db, userId: string, ip: string): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('ip', '=', ip)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

async function touchSession (db: Db, sessionId: string): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_seen_at: sql<Date>`now()` })
    .where('id', '=', sessionId)
    .execute()
}

async function deleteOldSessions (db: Db, userId: string): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('user_id', '=', userId)
    .where(sql<boolean>`least(expires_at, coalesce(revoked_at, expires_at)) < ${ENDED_KEPT}`)
    .execute()
}

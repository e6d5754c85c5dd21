import { sql } from 'kysely'
import type { Db, User } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { hashPassword } from './passwords.ts'
import { revokeSessions } from './sessions.ts'

export type Role = User['role']

export interface UserChanges {
  role?: Role
  password?: string
  disabled?: boolean
}

const UNIQUE_VIOLATION = '23505'

/** Names are one whatever their case. */
export function findUserByName (db: Db, username: string): Promise<User | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where(sql`lower(username)`, '=', sql`lower(${username})`)
    .executeTakeFirst()
}

export function findUserById (db: Db, id: string): Promise<User | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
}

export function listUsers (db: Db): Promise<User[]> {
  return db
    .selectFrom('users')
    .selectAll()
    .orderBy('id')
    .execute()
}

/** Throws USER_EXISTS when the name is taken. */
export async function insertUser (db: Db, { username, password, role }: { username: string, password: string, role: Role }): Promise<User> {
  const passwordHash = await hashPassword(password)
  try {
    return await db
      .insertInto('users')
      .values({ username, password_hash: passwordHash, role })
      .returningAll()
      .executeTakeFirstOrThrow()
  } catch (error) {
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) throw new ReelayError('USER_EXISTS', { params: { username } })
    throw error
  }
}

/** Changes what is given. A new password or a disabled account ends the user's sessions. Throws USER_NOT_FOUND, LAST_ADMIN. */
export async function updateUser (db: Db, id: string, { role, password, disabled }: UserChanges): Promise<User> {
  const passwordHash = password === undefined ? undefined : await hashPassword(password)
  return db.transaction().execute(async trx => {
    if (role === 'user' || disabled) await keepOneAdmin(trx, id)
    const user = await trx
      .updateTable('users')
      .set({
        ...(role && { role }),
        ...(disabled !== undefined && { disabled_at: disabled ? sql<Date>`coalesce(disabled_at, now())` : null }),
        ...(passwordHash && { password_hash: passwordHash, password_changed_at: new Date() })
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (!user) throw new ReelayError('USER_NOT_FOUND', { params: { id } })
    if (passwordHash || disabled) await revokeSessions(trx, id)
    return user
  })
}

/** Stores a new password and ends every session of the user but `keepSessionId`. Returns how many ended. */
export async function changePassword (db: Db, userId: string, password: string, keepSessionId?: string): Promise<number> {
  const passwordHash = await hashPassword(password)
  return db.transaction().execute(async trx => {
    // The user's row first: a login in flight holds it shared, so the sessions ended next include the one it makes.
    await trx
      .updateTable('users')
      .set({ password_hash: passwordHash, password_changed_at: new Date() })
      .where('id', '=', userId)
      .execute()
    return revokeSessions(trx, userId, keepSessionId)
  })
}

/** Replaces a hash of an older cost, unless the password was changed meanwhile. */
export async function refreshPasswordHash (db: Db, user: User, passwordHash: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ password_hash: passwordHash })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .execute()
}

/** Locks the enabled admins, so that two of them cannot demote each other at once. */
async function keepOneAdmin (trx: Db, leavingId: string): Promise<void> {
  const admins = await trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  if (admins.length === 1 && admins[0].id === leavingId) throw new ReelayError('LAST_ADMIN')
}

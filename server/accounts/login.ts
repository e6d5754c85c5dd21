import type { Db, Session, User } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import type { LoginLimits } from './login-limits.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { createSession, isKnownAddress } from './sessions.ts'
import { findUserByName, refreshPasswordHash } from './users.ts'

export interface Credentials {
  username: string
  password: string
  ip: string
  userAgent?: string
}

/**
 * Checks name and password and starts a session. Unknown name, wrong password and disabled account give the same
 * CREDENTIALS_INVALID after the same work; repeated failures give RATE_LIMITED.
 */
export async function login (db: Db, limits: LoginLimits, credentials: Credentials): Promise<{ user: User, session: Session }> {
  const user = await checkPassword(db, limits, credentials)
  const session = await createSession(db, user, credentials)
  if (!session) throw new ReelayError('CREDENTIALS_INVALID')
  return { user, session }
}

/** The user whose password this is. Counts failures like a login. */
export async function checkPassword (db: Db, limits: LoginLimits, { username, password, ip }: Credentials): Promise<User> {
  const user = await findUserByName(db, username)
  const slow = await limits.check({ username, ip, isKnownAddress: async () => user !== undefined && isKnownAddress(db, user.id, ip) })

  const { matches, outdated } = await verifyPassword(password, user?.password_hash)
  if (!user || !matches || user.disabled_at) {
    await limits.countFailure({ username, ip })
    throw new ReelayError('CREDENTIALS_INVALID')
  }
  await limits.forgive({ username, ip }, slow)
  return outdated ? renewHash(db, user, password) : user
}

async function renewHash (db: Db, user: User, password: string): Promise<User> {
  const passwordHash = await hashPassword(password)
  await refreshPasswordHash(db, user, passwordHash)
  return { ...user, password_hash: passwordHash }
}

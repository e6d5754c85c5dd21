import { sql } from 'kysely'
import { insertUser, type Role } from '../../server/accounts/users.ts'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db, User } from '../../server/database/tables.ts'
import { createTestDatabase } from './database.ts'

interface Test { teardown (handler: () => unknown): void }

export const PASSWORD = 'a good password'

/** A connection to a fresh database of this test's own. */
export async function connectTestDatabase (t: Test): Promise<Db> {
  const db = createDatabase(await createTestDatabase(t), 10)
  t.teardown(() => db.destroy())
  return db
}

let users = 0

/** A user nobody else has, with PASSWORD. */
export function addUser (db: Db, role: Role = 'user'): Promise<User> {
  return insertUser(db, { username: `user-${++users}`, password: PASSWORD, role })
}

/** Resolves once a query in this database waits for another's lock. */
export async function someoneWaitsForALock (db: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    if (rows.length > 0) return
  }
}

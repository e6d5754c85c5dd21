import { sql } from 'kysely'
import type { Config } from '../config.ts'
import type { Db } from '../database/tables.ts'
import { generatePassword } from './passwords.ts'
import { insertUser } from './users.ts'

/** Any number, the same in every process: the advisory lock of the first account. */
const FIRST_ADMIN_LOCK = 7_302_001

export interface FirstAdmin {
  username: string
  /** Set when it was generated, to be shown once: only its hash is kept. */
  generatedPassword?: string
}

/** Creates the first account when there is none (DESIGN §10); undefined when there already is one. */
export async function ensureFirstAdmin (db: Db, config: Pick<Config, 'ADMIN_USERNAME' | 'ADMIN_PASSWORD'>): Promise<FirstAdmin | undefined> {
  if (await hasUsers(db)) return undefined
  return db.transaction().execute(async trx => {
    await sql`select pg_advisory_xact_lock(${FIRST_ADMIN_LOCK})`.execute(trx)
    if (await hasUsers(trx)) return undefined

    const generatedPassword = config.ADMIN_PASSWORD ? undefined : generatePassword()
    const { username } = await insertUser(trx, {
      username: config.ADMIN_USERNAME,
      password: config.ADMIN_PASSWORD ?? generatedPassword!,
      role: 'admin'
    })
    return { username, generatedPassword }
  })
}

async function hasUsers (db: Db): Promise<boolean> {
  const user = await db
    .selectFrom('users')
    .select('id')
    .limit(1)
    .executeTakeFirst()
  return user !== undefined
}

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database, Db } from './tables.ts'

const CONNECT_TIMEOUT_MS = 5_000

/** Opens a pool of at most `max` connections. int8 and numeric stay strings. Connects at the first query. */
export function createDatabase (connectionString: string, max: number): Db {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'reelay'
  })
  // A connection that dies while idle is replaced at the next query; one that dies inside a transaction fails its next query.
  // Unheard, either event would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

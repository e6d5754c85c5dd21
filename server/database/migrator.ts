import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import type { Log } from '../log.ts'
import { isDatabaseUnavailable } from './availability.ts'
import { applyMigration } from './migrations/apply.ts'
import { withConnection } from './migrations/connection.ts'
import { MigrationError } from './migrations/error.ts'
import { MIGRATIONS_DIR, type MigrationFile, readMigrations } from './migrations/files.ts'
import { createHistoryTable, type Drift, findDrift, pendingFiles, type Query, readHistory } from './migrations/history.ts'
import { withMigrationLock } from './migrations/lock.ts'
import { migratePgBoss, PG_BOSS_VERSION, pgBossVersion } from './migrations/pg-boss-schema.ts'
import type { Db } from './tables.ts'

export { MigrationError }

export interface MigratorOptions {
  log?: Log
  /** Where the files are. */
  folder?: string
}

export interface MigrationOutcome {
  /** Files applied now, in order. */
  applied: string[]
  /** Versions of pg-boss' schema; null before it was installed. */
  pgBoss: { from: number | null, to: number }
}

export interface MigrationStatus {
  migrations: Array<{ name: string, state: 'applied' | 'pending' | 'interrupted', appliedAt: Date | null }>
  pgBoss: { installed: number | null, wanted: number }
  drift: Drift[]
}

/** Applies what is pending, pg-boss' schema included. Safe to run any number of times at once. Throws MigrationError, one line. */
export async function migrateUp (connectionString: string, { log, folder = MIGRATIONS_DIR }: MigratorOptions = {}): Promise<MigrationOutcome> {
  const files = readMigrations(folder)
  return session(connectionString, client => withMigrationLock(client, log, async () => ({
    applied: await applyPending(client, files, log),
    pgBoss: await upgradePgBoss(connectionString, asQuery(client), log)
  })))
}

/** What is applied, what is not, and what does not fit. Changes nothing. */
export async function migrationStatus (connectionString: string, { folder = MIGRATIONS_DIR }: MigratorOptions = {}): Promise<MigrationStatus> {
  const files = readMigrations(folder)
  return session(connectionString, async client => {
    const applied = await readHistory(asQuery(client))
    const rows = new Map(applied.map(row => [row.name, row]))
    const names = [...new Set([...files, ...applied].map(({ name }) => name))].sort()
    return {
      migrations: names.map(name => {
        const row = rows.get(name)
        return { name, state: row ? row.finished_at ? 'applied' : 'interrupted' : 'pending', appliedAt: row?.finished_at ?? null }
      }),
      pgBoss: { installed: await pgBossVersion(asQuery(client)), wanted: PG_BOSS_VERSION },
      drift: findDrift(files, applied)
    }
  })
}

/** Whether the database was ever migrated to its end: pg-boss' schema comes last. Where only the newest are missing, the server starts, and /ready says so. */
export async function hasSchema (connectionString: string): Promise<boolean> {
  return await session(connectionString, client => pgBossVersion(asQuery(client))) !== null
}

/** What keeps this release from working on that database: names of files still to be applied. */
export async function listPendingMigrations (db: Db): Promise<string[]> {
  const query: Query = (text, values = []) => db.executeQuery(CompiledQuery.raw(text, values)) as Promise<{ rows: object[] }>
  const pending = pendingFiles(readMigrations(MIGRATIONS_DIR), await readHistory(query)).map(({ name }) => name)
  const isBossReady = (await pgBossVersion(query) ?? 0) >= PG_BOSS_VERSION
  return isBossReady ? pending : [...pending, 'pg-boss']
}

async function applyPending (client: pg.Client, files: MigrationFile[], log: Log | undefined): Promise<string[]> {
  const table = await createHistoryTable(asQuery(client))
  const applied = await readHistory(asQuery(client))
  const [drift] = findDrift(files, applied)
  if (drift) throw new MigrationError('HISTORY_MISMATCH', drift.message, { file: drift.file })

  const pending = pendingFiles(files, applied)
  for (const file of pending) {
    await applyMigration(client, file, table)
    log?.info({ migration: file.name }, 'Migration applied')
  }
  return pending.map(({ name }) => name)
}

async function upgradePgBoss (connectionString: string, query: Query, log: Log | undefined): Promise<MigrationOutcome['pgBoss']> {
  const from = await pgBossVersion(query)
  // A newer release may have been here: its schema serves older ones, and there is no way back.
  if (from !== null && from >= PG_BOSS_VERSION) return { from, to: from }
  await migratePgBoss(connectionString)
  log?.info({ from, to: PG_BOSS_VERSION }, 'pg-boss schema installed')
  return { from, to: PG_BOSS_VERSION }
}

/** Everything that Postgres or the connection throws, as one line. */
async function session<T> (connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  try {
    return await withConnection(connectionString, use)
  } catch (error) {
    if (error instanceof MigrationError || !(error instanceof Error)) throw error
    if (isDatabaseUnavailable(error)) throw new MigrationError('DATABASE_UNREACHABLE', `The connection to Postgres was lost: ${error.message}`, { cause: error })
    throw new MigrationError('DATABASE_ERROR', error.message, { cause: error })
  }
}

function asQuery (client: pg.Client): Query {
  return (text, values) => client.query(text, values)
}

import { PgBoss } from 'pg-boss'
import packageFile from 'pg-boss/package.json' with { type: 'json' }
import { MigrationError } from './error.ts'
import type { Query } from './history.ts'

export const PG_BOSS_SCHEMA = 'pgboss'

/** The version that the installed pg-boss works with. */
export const PG_BOSS_VERSION = packageFile.pgboss.schema

/** Null when it is not installed. */
export async function pgBossVersion (query: Query): Promise<number | null> {
  const { rows: [found] } = await query(`select to_regclass('${PG_BOSS_SCHEMA}.version') is not null as installed`)
  if (!(found as { installed: boolean }).installed) return null
  const { rows: [row] } = await query(`select version from ${PG_BOSS_SCHEMA}.version`)
  return row ? Number((row as { version: number | string }).version) : null
}

/** pg-boss installs and upgrades its tables when it starts; so it starts, with nothing to do, and stops. */
export async function migratePgBoss (connectionString: string): Promise<void> {
  const boss = new PgBoss({ connectionString, schema: PG_BOSS_SCHEMA, max: 2, supervise: false, schedule: false, registerInstance: false, application_name: 'reelay-migrate' })
  // Every failure also rejects start().
  boss.on('error', () => {})
  try {
    await boss.start()
  } catch (cause) {
    throw new MigrationError('DATABASE_ERROR', `pg-boss could not install its schema: ${(cause as Error).message}`, { cause })
  } finally {
    await boss.stop({ graceful: false })
  }
}

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { getConstructionPlans } from 'pg-boss'
import type { Log } from '../log.ts'

export const MIGRATIONS_DIR = join(import.meta.dirname, '..', '..', 'migrations')

/** First form: applies every file in order. */
export async function migrateUp (connectionString: string, { log }: { log?: Log } = {}): Promise<string[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const applied: string[] = []
  try {
    await client.query('select pg_advisory_lock(7305134277111)')
    await client.query('create table if not exists schema_migrations (name text primary key, checksum text not null, started_at timestamptz not null default now(), finished_at timestamptz)')
    for (const name of readdirSync(MIGRATIONS_DIR).filter(name => name.endsWith('.sql')).sort()) {
      const done = await client.query('select from schema_migrations where name = $1', [name])
      if (done.rowCount) continue
      const text = readFileSync(join(MIGRATIONS_DIR, name), 'utf8')
      await client.query('begin')
      await client.query(text)
      await client.query('insert into schema_migrations (name, checksum, finished_at) values ($1, $2, now())', [name, createHash('sha256').update(text).digest('hex')])
      await client.query('commit')
      applied.push(name)
      log?.info({ name }, 'Applied')
    }
    const boss = await client.query("select to_regclass('pgboss.version') as found")
    if (!boss.rows[0].found) await client.query(getConstructionPlans('pgboss'))
    return applied
  } finally {
    await client.end()
  }
}

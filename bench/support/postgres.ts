import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.ts'
import { migrateUp } from '../../server/database/migrator.ts'
import { cpuSecondsOf } from './cpu.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error }

export interface BenchPostgres {
  /** A fresh, migrated database. */
  createDatabase (): Promise<string>
  /** Processor time of all its processes. */
  cpuSeconds (): number
  query (text: string, database?: string): Promise<Array<Record<string, unknown>>>
  stop (): Promise<void>
}

/** A Postgres of the benchmark's own with the durable defaults (fsync and synchronous_commit on), and statement statistics. */
export async function startPostgres (): Promise<BenchPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'reelay-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDir, log, settings: { shared_preload_libraries: 'pg_stat_statements', max_wal_size: '1GB', 'pg_stat_statements.track_planning': 'on' } })
  let databases = 0

  async function query (text: string, database?: string) {
    const client = new pg.Client({ connectionString: postgres.connectionString(database) })
    await client.connect()
    try {
      const result = await client.query(text)
      return result.rows ?? []
    } finally {
      await client.end()
    }
  }

  return {
    query,
    async createDatabase () {
      const name = `bench_${++databases}`
      await query(`create database ${name}`)
      const url = postgres.connectionString(name)
      await migrateUp(url)
      await query('create extension if not exists pg_stat_statements', name)
      return url
    },
    cpuSeconds: () => childrenOf(postgres.pid()).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0),
    async stop () {
      await postgres.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
}

function childrenOf (pid: number): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
  return pids.filter(candidate => candidate === pid || parentOf(candidate) === pid)
}

function parentOf (pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    // Gone meanwhile.
    return undefined
  }
}

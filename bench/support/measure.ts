import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from './child.ts'
import type { EngineOptions, EngineReport } from './engine-process.ts'
import type { BenchPostgres } from './postgres.ts'
import { seedTasks } from './seed-tasks.ts'

export interface Measured extends EngineReport {
  perSecond: number
  /** Microseconds of processor time for each poll. */
  engineCpu: number
  postgresCpu: number
  /** Microseconds spent in statements for each poll. */
  sqlTime: number
}

/** Runs the worker half in a process of its own for a while; the first moments after the tasks fall due do not count. */
export async function measureEngine (postgres: BenchPostgres, options: Omit<EngineOptions, 'databaseUrl'>, { warmUpMs = 5_000, runMs = 6_000 } = {}): Promise<Measured> {
  const databaseUrl = await postgres.createDatabase()
  const database = new URL(databaseUrl).pathname.slice(1)
  const dueAt = await seedTasks(databaseUrl, options)
  const engine = await startChild<object>('engine-process.ts', { ...options, databaseUrl })
  try {
    await sleep(Math.max(0, dueAt - Date.now()) + warmUpMs)
    await engine.ask({ type: 'reset' })
    await postgres.query('select pg_stat_statements_reset()', database)
    const before = { at: performance.now(), engine: engine.cpuSeconds(), postgres: postgres.cpuSeconds() }
    await sleep(runMs)
    const report = await engine.ask<EngineReport>({ type: 'report' })
    const seconds = (performance.now() - before.at) / 1000
    const each = (cpuSeconds: number) => cpuSeconds * 1e6 / report.polls
    const measured = {
      ...report,
      perSecond: report.polls / seconds,
      engineCpu: each(engine.cpuSeconds() - before.engine),
      postgresCpu: each(postgres.cpuSeconds() - before.postgres),
      sqlTime: await sqlMs(postgres, database) * 1000 / report.polls
    }
    if (process.env.BENCH_SQL) await explain(postgres, database, report.polls)
    return measured
  } finally {
    await engine.stop()
    await postgres.query(`drop database ${database} with (force)`)
  }
}

const HERE = 'from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())'

async function sqlMs (postgres: BenchPostgres, database: string): Promise<number> {
  const [row] = await postgres.query(`select sum(total_exec_time) as ms ${HERE}`, database)
  return Number(row!.ms)
}

/** With BENCH_SQL=1: where the statements' time goes; `count` polls or tasks were made. */
export async function explain (postgres: BenchPostgres, database: string, count: number, unit: 'poll' | 'task' = 'poll'): Promise<void> {
  const statements = await postgres.query(`select calls, total_exec_time as ms, total_plan_time as plan, mean_exec_time as mean, wal_bytes as wal, rows, regexp_replace(left(query, 110), '\\s+', ' ', 'g') as query ${HERE} order by total_exec_time + total_plan_time desc limit ${unit === 'poll' ? 8 : 30}`, database)
  for (const { calls, ms, plan, mean, wal, rows, query } of statements) {
    console.log(`    ${(Number(ms) * 1000 / count).toFixed(0).padStart(5)} + ${(Number(plan) * 1000 / count).toFixed(0).padStart(4)} µs/${unit}  ${String(calls).padStart(6)} calls  mean ${Number(mean).toFixed(2).padStart(7)} ms  ${(Number(wal) / count).toFixed(0).padStart(5)} WAL B/${unit} ${String(rows).padStart(8)} rows  ${query}`)
  }
  const tables = await postgres.query('select relname, n_tup_upd, n_tup_hot_upd, n_dead_tup, autovacuum_count, pg_total_relation_size(relid) / 1024 as kb from pg_stat_user_tables where n_tup_upd + n_tup_ins + n_tup_del > 1000 order by n_tup_upd desc limit 5', database)
  for (const row of tables) console.log(`    ${JSON.stringify(row)}`)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from './support/child.ts'
import { measureEngine, type Measured } from './support/measure.ts'
import { startPostgres, type BenchPostgres } from './support/postgres.ts'

/** The aim of DESIGN §11. */
const RATE = 3_000
const IN_FLIGHT = [1_000, 10_000, 50_000]

/** Polls a second, how late they are and what they cost, beside the same work done without the engine. */
export async function run (): Promise<void> {
  const postgres = await startPostgres()
  const sandbox = await startChild<{ url: string }>('sandbox-process.ts', { jobs: Math.max(...IN_FLIGHT) })
  try {
    await compareCycles(postgres)
    await compareEndToEnd(postgres, sandbox.ready.url)
  } finally {
    await sandbox.stop()
    await postgres.stop()
  }
}

/** Fetch, claim, commit and schedule the next, without HTTP. */
async function compareCycles (postgres: BenchPostgres): Promise<void> {
  const shared = { upstreamUrl: 'http://127.0.0.1:1', tasks: 10_000, intervalMs: 1, instant: true }
  const short = { warmUpMs: 2_000, runMs: 4_000 }
  console.log('Cycles without HTTP (fetch, claim, commit, next job), 10,000 tasks')
  const baseline = await measureEngine(postgres, { ...shared, driver: 'one-by-one' }, short)
  print('one transaction a job', baseline)
  const engine = await measureEngine(postgres, shared, short)
  print('the engine', engine, baseline.perSecond)
}

async function compareEndToEnd (postgres: BenchPostgres, upstreamUrl: string): Promise<void> {
  console.log('\nPolls end to end (HTTP to a sandbox in its own process, decode, commit, events), as fast as it goes')
  const bare = await measureBare(upstreamUrl)
  console.log(`  ${'bare undici requests'.padEnd(24)}${bare.toFixed(0).padStart(7)}/s`)
  const baseline = await measureEngine(postgres, { upstreamUrl, tasks: 10_000, intervalMs: 1, driver: 'one-by-one' }, { warmUpMs: 2_000, runMs: 4_000 })
  print('one transaction a job', baseline)
  for (const tasks of IN_FLIGHT) {
    const engine = await measureEngine(postgres, { upstreamUrl, tasks, intervalMs: 1 })
    print(`${tasks.toLocaleString('en')} in flight`, engine, baseline.perSecond, bare)
  }

  console.log(`\nThe same when ${RATE.toLocaleString('en')} polls/s fall due, from the second poll of each task on: how late`)
  for (const tasks of IN_FLIGHT) {
    const intervalMs = pacedIntervalMs(tasks)
    const paced = await measureEngine(postgres, { upstreamUrl, tasks, intervalMs }, { warmUpMs: intervalMs * 1.1 + 5_000, runMs: 10_000 })
    print(`${tasks.toLocaleString('en')} in flight`, paced)
  }
}

/** A wait is stretched by 5 % on average, and the next begins when the last poll was recorded. */
function pacedIntervalMs (tasks: number): number {
  return Math.round(tasks / RATE * 1000 / 1.05 - 100)
}

async function measureBare (url: string): Promise<number> {
  const loop = await startChild('bare-loop-process.ts', { url, jobs: 10_000 })
  await sleep(1_000)
  await loop.ask({ type: 'reset' })
  await sleep(3_000)
  const { polls } = await loop.ask<{ polls: number }>({ type: 'report' })
  await loop.stop()
  return polls / 3
}

function print (name: string, { perSecond, p50, p99, rss, engineCpu, postgresCpu, sqlTime }: Measured, baseline?: number, bare?: number): void {
  const ratios = [baseline && `${(perSecond / baseline).toFixed(1)} × one by one`, bare && `${(perSecond / bare).toFixed(2)} × bare`].filter(Boolean).join(', ')
  console.log(`  ${name.padEnd(24)}${perSecond.toFixed(0).padStart(7)}/s  late p50 ${ms(p50)} p99 ${ms(p99)}  RSS ${(rss / 2 ** 20).toFixed(0).padStart(4)} MB  CPU ${micro(engineCpu)} + Postgres ${micro(postgresCpu)}, SQL ${micro(sqlTime)}  ${ratios}`)
}

function ms (value: number): string {
  return `${value.toFixed(0)} ms`.padStart(9)
}

function micro (value: number): string {
  return `${value.toFixed(0)} µs`.padStart(7)
}

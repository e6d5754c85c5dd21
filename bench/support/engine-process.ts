import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import { dataFolder } from './data-folder.ts'
import type { Upstream } from '../../server/upstreams/upstream.ts'
import { startOneByOne } from './one-by-one.ts'
import { environment } from './seed-tasks.ts'

export interface EngineOptions {
  databaseUrl: string
  upstreamUrl: string
  tasks: number
  /** Time between two polls of one task. */
  intervalMs: number
  /** `one-by-one`: the baseline, a transaction for each job. */
  driver?: 'engine' | 'one-by-one'
  /** Answers in this process instead of HTTP, to see the engine alone. */
  instant?: boolean
}

export interface EngineReport { polls: number, p50: number, p99: number, max: number, rss: number, heap: number, external: number }

/** The server's worker half, as `npm start` runs it, with so many tasks in flight. */
const options = JSON.parse(process.argv[2]!) as EngineOptions
const config = loadConfig({
  ...environment(options.upstreamUrl),
  DATA_DIR: dataFolder(),
  POLL_MIN_MS: String(options.intervalMs),
  POLL_MAX_MS: String(options.intervalMs),
  LOG_LEVEL: 'warn'
})
const app = await buildApp(config, { databaseUrl: options.databaseUrl, log: pino({ level: 'warn' }, pino.destination(2)) }) as unknown as FastifyInstance
letPollFast(app, options.instant)
const oneByOne = options.driver === 'one-by-one' ? startOneByOne(app.context) : undefined
if (!oneByOne) await app.ready()
const stats = () => oneByOne?.stats ?? app.workers!.pollStats
let polls = 0
let rss = 0
setInterval(() => { rss = Math.max(rss, process.memoryUsage().rss) }, 250).unref()

process.on('message', async ({ type }: { type: string }) => {
  if (type === 'reset') {
    polls = stats().total
    stats().latenessMs.reset()
    process.send!({})
  } else if (type === 'report') {
    const { latenessMs } = stats()
    const { heapTotal, external } = process.memoryUsage()
    process.send!({ polls: stats().total - polls, p50: latenessMs.percentile(50), p99: latenessMs.percentile(99), max: latenessMs.max, rss, heap: heapTotal, external } satisfies EngineReport)
  } else {
    await oneByOne?.stop()
    await app.close()
    process.exit()
  }
})
process.send!({})

/** Lifts the adapter's least interval: few tasks could not make enough polls. */
function letPollFast (app: FastifyInstance, instant = false): void {
  const open = app.upstreams.forAttempt.bind(app.upstreams)
  const made = new Map<Upstream, Upstream>()
  app.upstreams.forAttempt = async account => {
    const upstream = await open(account)
    const fast = made.get(upstream) ?? { ...upstream, capabilities: { ...upstream.capabilities, minPollMs: 0 } }
    if (instant) fast.poll = async () => ({ state: 'running', stage: 'generating', progress: 50 })
    made.set(upstream, fast)
    return fast
  }
}

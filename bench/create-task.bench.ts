import { Pool } from 'undici'
import { startChild } from './support/child.ts'
import { explain } from './support/measure.ts'
import { startPostgres, type BenchPostgres } from './support/postgres.ts'

interface Ready { url: string, token: string }

/** By number and not by time: on a busy machine too, the code is compiled before it counts. */
const WARM_UP_TASKS = 1_000
const TASKS = 2_000
const CLIENTS = 64

/** Tasks accepted a second, each submitted to a provider before the answer, beside a bare Fastify that inserts one row. */
export async function run (): Promise<void> {
  const postgres = await startPostgres()
  const sandbox = await startChild<{ url: string }>('sandbox-process.ts', { jobs: 0 })
  try {
    const bare = await measure(postgres, 'bare-insert-process.ts', NATIVE, {})
    const ours = await measure(postgres, 'create-process.ts', NATIVE, { upstreamUrl: sandbox.ready.url })
    const openai = await measure(postgres, 'create-process.ts', OPENAI, { upstreamUrl: sandbox.ready.url })
    console.log(`  bare Fastify, one insert       ${report(bare)}`)
    console.log(`  POST /api/video/tasks          ${report(ours)}`)
    console.log(`  POST /v1/videos                ${report(openai)}`)
    console.log(`  ${(ours.perSecond / bare.perSecond).toFixed(2)} × bare, for token, task, attempt, event, job, claim, HTTP to the provider, its answer recorded`)
    console.log(`  ${(openai.perSecond / ours.perSecond).toFixed(2)} × /api through /v1, as the SDK asks: a form, its repeats known, the video read back`)
  } finally {
    await sandbox.stop()
    await postgres.stop()
  }
}

/** One request to make a task, by either wire. */
interface Wire { path: string, status: number, headers: Record<string, string>, body: string }

const NATIVE: Wire = { path: '/api/video/tasks', status: 201, headers: { 'content-type': 'application/json' }, body: '{"prompt":"a cat on a beach","model":"sora_video2"}' }
const FORM_FIELDS = { prompt: 'a cat on a beach', model: 'sora_video2' }
const OPENAI: Wire = {
  path: '/v1/videos',
  status: 200,
  headers: { 'content-type': 'multipart/form-data; boundary=bench', 'x-stainless-retry-count': '0' },
  body: `${Object.entries(FORM_FIELDS).map(([name, value]) => `--bench\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--bench--\r\n`
}

interface Measured {
  perSecond: number
  /** Microseconds of processor time for each task. */
  serverCpu: number
  postgresCpu: number
}

async function measure (postgres: BenchPostgres, file: string, wire: Wire, options: object): Promise<Measured> {
  const databaseUrl = await postgres.createDatabase()
  const database = new URL(databaseUrl).pathname.slice(1)
  const server = await startChild<Ready>(file, { ...options, databaseUrl })
  const pool = new Pool(server.ready.url, { connections: CLIENTS })
  try {
    await post(pool, server.ready.token, wire, WARM_UP_TASKS)
    await postgres.query('select pg_stat_statements_reset()', database)
    const before = { at: performance.now(), server: server.cpuSeconds(), postgres: postgres.cpuSeconds() }
    await post(pool, server.ready.token, wire, TASKS)
    const each = (cpuSeconds: number) => cpuSeconds * 1e6 / TASKS
    const measured = {
      perSecond: TASKS * 1000 / (performance.now() - before.at),
      serverCpu: each(server.cpuSeconds() - before.server),
      postgresCpu: each(postgres.cpuSeconds() - before.postgres)
    }
    if (process.env.BENCH_SQL) await explain(postgres, database, TASKS, 'task')
    return measured
  } finally {
    await pool.close()
    await server.stop()
  }
}

function report ({ perSecond, serverCpu, postgresCpu }: Measured): string {
  return `${perSecond.toFixed(0).padStart(6)}/s  CPU a task: server ${serverCpu.toFixed(0).padStart(5)} µs, Postgres ${postgresCpu.toFixed(0).padStart(5)} µs`
}

/** So many tasks by as many clients as are fixed; throws when one is not answered as the wire does. */
async function post (pool: Pool, token: string, { path, status, headers, body: request }: Wire, tasks: number): Promise<void> {
  let left = tasks
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers: { ...headers, authorization: `Bearer ${token}` },
        // Equal requests of an SDK share a row and would wait for one another (server/tasks/sdk-repeats.ts).
        body: request.replace('beach', `beach ${left}`)
      })
      await body.dump()
      if (statusCode !== status) throw new Error(`answered ${statusCode}`)
    }
  }))
}

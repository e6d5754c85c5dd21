import { Pool } from 'undici'
import { startChild } from './support/child.ts'
import { startPostgres, type BenchPostgres } from './support/postgres.ts'

interface Ready { url: string, token: string }

const RUN_MS = 5_000
const WARM_UP_MS = 2_000
const CLIENTS = 64

/** Tasks accepted a second, each submitted to a provider before the answer, beside a bare Fastify that inserts one row. */
export async function run (): Promise<void> {
  const postgres = await startPostgres()
  const sandbox = await startChild<{ url: string }>('sandbox-process.ts', { jobs: 0 })
  try {
    const bare = await measure(postgres, 'bare-insert-process.ts', {})
    const ours = await measure(postgres, 'create-process.ts', { upstreamUrl: sandbox.ready.url })
    console.log(`  bare Fastify, one insert       ${bare.toFixed(0).padStart(6)}/s`)
    console.log(`  POST /api/video/tasks          ${ours.toFixed(0).padStart(6)}/s  ${(ours / bare).toFixed(2)} × bare (token, task, attempt, event, job, claim, HTTP to the provider, its answer recorded)`)
  } finally {
    await sandbox.stop()
    await postgres.stop()
  }
}

async function measure (postgres: BenchPostgres, file: string, options: object): Promise<number> {
  const server = await startChild<Ready>(file, { ...options, databaseUrl: await postgres.createDatabase() })
  const pool = new Pool(server.ready.url, { connections: CLIENTS })
  try {
    await post(pool, server.ready.token, WARM_UP_MS)
    return await post(pool, server.ready.token, RUN_MS) / (RUN_MS / 1000)
  } finally {
    await pool.close()
    await server.stop()
  }
}

/** As many requests as go through in the time; throws when one is not answered with 201. */
async function post (pool: Pool, token: string, milliseconds: number): Promise<number> {
  const endAt = performance.now() + milliseconds
  let answered = 0
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (performance.now() < endAt) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/api/video/tasks',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"prompt":"a cat on a beach","model":"sora_video2"}'
      })
      await body.dump()
      if (statusCode !== 201) throw new Error(`answered ${statusCode}`)
      answered++
    }
  }))
  return answered
}

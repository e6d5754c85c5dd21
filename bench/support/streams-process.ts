import { sql } from 'kysely'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import { dataFolder } from './data-folder.ts'

export interface StreamsReady { url: string, tokens: string[], firstUser: number }

/** The server's API half with so many users, each with a session and a running task. */
const { databaseUrl, users } = JSON.parse(process.argv[2]!) as { databaseUrl: string, users: number }
const config = loadConfig({
  DATA_DIR: dataFolder(),
  JWT_SECRET: 'a'.repeat(32),
  ENCRYPTION_KEY: 'b'.repeat(32),
  ROLES: 'api',
  LOG_LEVEL: 'warn'
})
const app = await buildApp(config, { databaseUrl, log: pino({ level: 'warn' }, pino.destination(2)) }) as unknown as FastifyInstance
const rows = await seed()
const url = await app.listen({ port: 0, host: '127.0.0.1' })

process.on('disconnect', () => process.exit())
process.on('message', async ({ type }: { type: string }) => {
  if (type === 'rss') {
    globalThis.gc?.()
    process.send!({ rss: process.memoryUsage().rss })
  } else {
    await app.close()
    process.exit()
  }
})
process.send!({
  url: `${url}/api/sse/task-updates`,
  firstUser: Number(rows[0]!.user_id),
  tokens: rows.map(row => app.jwt.sign({ sub: row.user_id, sid: row.session_id, exp: Math.floor(Date.now() / 1000) + 3_600 }))
} satisfies StreamsReady)

async function seed () {
  const { rows } = await sql<{ user_id: string, session_id: string }>`
    with u as (
      insert into users (username, password_hash, role)
      select 'u' || gen_random_uuid(), 'none', 'user' from generate_series(1, ${users}::int)
      returning id
    ), s as (
      insert into sessions (user_id, expires_at)
      select id, now() + interval '1 day' from u
      returning user_id, id as session_id
    )
    select * from s order by user_id`.execute(app.db)
  await sql`
    insert into tasks (id, user_id, status, stage, channel_id, model, prompt, external_task_id)
    select 'video_' || gen_random_uuid(), user_id, 'PROCESSING', 'generating', 'sandbox', 'sora_video2', 'a cat on a beach', 'video_' || gen_random_uuid()
    from unnest(${rows.map(row => row.user_id)}::bigint[]) as user_id`.execute(app.db)
  return rows
}

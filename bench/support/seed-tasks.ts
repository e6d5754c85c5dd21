import { sql } from 'kysely'
import { PgBoss } from 'pg-boss'
import { syncEnvChannel } from '../../server/channels/channel-repository.ts'
import { loadConfig } from '../../server/config.ts'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { POLL_TASK, createQueues, pollKey } from '../../server/queues/queues.ts'
import { externalId } from './names.ts'

const CHUNK = 5_000
const ENCRYPTION_KEY = 'a key that only the benchmarks have'
/** The first poll is due when everything is written and the server has started. */
const LEAD_MS = 4_000

/** So many accepted tasks on the channel of the environment, their polls spread over one interval. */
export async function seedTasks (databaseUrl: string, { tasks, intervalMs, ...env }: { tasks: number, intervalMs: number, upstreamUrl: string }): Promise<void> {
  const db = createDatabase(databaseUrl, 2)
  const boss = new PgBoss({ connectionString: databaseUrl, schema: 'pgboss', migrate: false, createSchema: false, supervise: false, schedule: false })
  await boss.start()
  await createQueues(boss)
  await syncEnvChannel(db, loadConfig(environment(env.upstreamUrl)), Buffer.from(ENCRYPTION_KEY))
  await writeTasks(db, boss, tasks, intervalMs)
  await boss.stop({ graceful: false })
  await db.destroy()
}

/** Of the server process: one upstream, no sandbox of its own. */
export function environment (upstreamUrl: string): NodeJS.ProcessEnv {
  return { ROLES: 'worker', SANDBOX: 'off', ENCRYPTION_KEY, UPSTREAM_TYPE: 'sora-relay', UPSTREAM_BASE_URL: upstreamUrl, UPSTREAM_API_KEY: 'bench' }
}

async function writeTasks (db: Db, boss: PgBoss, tasks: number, intervalMs: number): Promise<void> {
  const start = Date.now() + LEAD_MS
  const channel = await db.selectFrom('channels').select('id').where('name', '=', 'env').executeTakeFirstOrThrow()
  const { id: credentialId } = await db.selectFrom('channel_credentials').select('id').where('channel_id', '=', channel.id).executeTakeFirstOrThrow()
  const { id: userId } = await db.insertInto('users').values({ username: 'bench', password_hash: '-', role: 'user' }).returning('id').executeTakeFirstOrThrow()
  await sql`
    insert into tasks (id, user_id, status, stage, channel_id, credential_id, external_task_id, model, prompt, started_at)
    select 'task_' || i, ${userId}::bigint, 'PROCESSING', 'generating', ${channel.id}, ${credentialId}::uuid, 'video_bench_' || i, 'sora-2', 'a cat on a red sofa', now()
    from generate_series(0, ${tasks}::int - 1) i`.execute(db)
  await sql`
    insert into task_attempts (task_id, attempt, state, channel_id, credential_id, external_task_id, accepted_at, deadline_at)
    select id, 1, 'accepted', channel_id, credential_id, external_task_id, now(), now() + interval '1 hour' from tasks`.execute(db)
  await sql`
    insert into task_polls (task_id, attempt, user_id, channel_id, next_poll_at)
    select id, 1, user_id, channel_id, ${new Date(start)}::timestamptz + ${intervalMs}::float8 * substr(id, 6)::int / ${tasks}::int * interval '1 millisecond' from tasks`.execute(db)
  for (let from = 0; from < tasks; from += CHUNK) {
    await boss.insert(POLL_TASK, Array.from({ length: Math.min(CHUNK, tasks - from) }, (_, i) => ({
      data: { taskId: `task_${from + i}`, attempt: 1 },
      singletonKey: pollKey(channel.id, externalId(from + i)),
      startAfter: new Date(start + intervalMs * (from + i) / tasks)
    })))
  }
  await sql`vacuum analyze`.execute(db)
}

import { sql } from 'kysely'
import { PgBoss } from 'pg-boss'
import { syncEnvChannel } from '../../server/channels/channel-repository.ts'
import { loadConfig } from '../../server/config.ts'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { createQueues, pollJobs } from '../../server/queues/queues.ts'
import { externalId } from './names.ts'

const ENCRYPTION_KEY = 'a key that only the benchmarks have'
/** The first poll is due when everything is written and the server has started: or it would start with a backlog. */
const LEAD_MS = 5_000
const LEAD_MS_A_TASK = 0.1

/** So many accepted tasks on the channel of the environment, their polls spread over one interval. Answers with when the first is due. */
export async function seedTasks (databaseUrl: string, { tasks, intervalMs, ...env }: { tasks: number, intervalMs: number, upstreamUrl: string }): Promise<number> {
  const db = createDatabase(databaseUrl, 2)
  const boss = new PgBoss({ connectionString: databaseUrl, schema: 'pgboss', migrate: false, createSchema: false, supervise: false, schedule: false })
  await boss.start()
  await createQueues(boss)
  await syncEnvChannel(db, loadConfig(environment(env.upstreamUrl)), Buffer.from(ENCRYPTION_KEY))
  const dueAt = await writeTasks(db, tasks, intervalMs)
  await boss.stop({ graceful: false })
  await db.destroy()
  return dueAt
}

/** Of the server process: one upstream, no sandbox of its own. */
export function environment (upstreamUrl: string): NodeJS.ProcessEnv {
  return { ROLES: 'worker', SANDBOX: 'off', ENCRYPTION_KEY, UPSTREAM_TYPE: 'sora-relay', UPSTREAM_BASE_URL: upstreamUrl, UPSTREAM_API_KEY: 'bench' }
}

async function writeTasks (db: Db, tasks: number, intervalMs: number): Promise<number> {
  const channel = await db.selectFrom('channels').select('id').where('name', '=', 'env').executeTakeFirstOrThrow()
  const { id: credentialId } = await db.selectFrom('channel_credentials').select('id').where('channel_id', '=', channel.id).executeTakeFirstOrThrow()
  const { id: userId } = await db.insertInto('users').values({ username: 'bench', password_hash: '-', role: 'user' }).returning('id').executeTakeFirstOrThrow()
  await sql`
    insert into tasks (id, user_id, status, stage, channel_id, credential_id, external_task_id, model, prompt, started_at)
    select 'task_' || i, ${userId}::bigint, 'PROCESSING', 'generating', ${channel.id}, ${credentialId}::uuid, ${externalId('')} || i, 'sora-2', 'a cat on a red sofa', now()
    from generate_series(0, ${tasks}::int - 1) i`.execute(db)
  await sql`
    insert into task_attempts (task_id, attempt, state, channel_id, credential_id, external_task_id, accepted_at, deadline_at)
    select id, 1, 'accepted', channel_id, credential_id, external_task_id, now(), now() + interval '1 hour' from tasks`.execute(db)
  const dueAt = Date.now() + LEAD_MS + tasks * LEAD_MS_A_TASK
  await sql`
    insert into task_polls (task_id, attempt, user_id, channel_id, next_poll_at)
    select id, 1, user_id, channel_id, ${new Date(dueAt)}::timestamptz + ${intervalMs}::float8 * substr(id, 6)::int / ${tasks}::int * interval '1 millisecond' from tasks`.execute(db)
  await sql`
    with next as (
      select task_id, attempt, p.channel_id, external_task_id, (extract(epoch from next_poll_at - now()) * 1000)::float8 as delay_ms
      from task_polls p
      join task_attempts using (task_id, attempt)
    )
    ${pollJobs()}`.execute(db)
  await sql`vacuum analyze`.execute(db)
  return dueAt
}

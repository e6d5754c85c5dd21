import { setTimeout as sleep } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { sql } from 'kysely'
import { insertUser } from '../../server/accounts/users.ts'
import { findCurrentCredentialId, setCredential } from '../../server/channels/credentials.ts'
import { Upstreams } from '../../server/channels/upstreams.ts'
import { loadConfig } from '../../server/config.ts'
import type { ServerContext } from '../../server/context.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { createLocalStore } from '../../server/media/local-store.ts'
import { newVideoId } from '../../server/tasks/video-id.ts'
import { insertTask } from '../../server/tasks/task-repository.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import { completeTask } from '../../server/tasks/complete-task.ts'
import { PollEngine } from '../../server/workers/poll-engine.ts'
import { createQueues, POLL_TASK, pollKey, type TaskJob } from '../../server/queues/queues.ts'
import { RunTimeProfiles } from '../../server/cadence/run-time-profiles.ts'
import { PASSWORD } from './accounts.ts'
import { createTestDatabase } from './database.ts'
import { silentLog } from './silent-log.ts'

interface Test { teardown (handler: () => unknown): void }

const ENCRYPTION = Buffer.alloc(32, 'e')
const PATIENCE_MS = 20_000

type ChannelSettings = { type?: 'sora-relay' | 'openai', url: string, settings?: Record<string, unknown> }

/** The polling half of a process on a database of its own: channels and accepted tasks are written, then the engine starts. */
export async function setUpPolling (t: Test, { databaseUrl, env = {} }: { databaseUrl?: string, env?: NodeJS.ProcessEnv } = {}) {
  const url = databaseUrl ?? await createTestDatabase(t)
  const db = createDatabase(url, 10)
  const boss = new PgBoss({ connectionString: url, schema: 'pgboss', migrate: false, createSchema: false, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await createQueues(boss)
  const egress = createEgress()
  const upstreams = new Upstreams(db, egress, ENCRYPTION, () => undefined)
  const context: ServerContext = {
    config: loadConfig({ POLL_MIN_MS: '100', POLL_MAX_MS: '200', ...env }),
    db,
    boss,
    log: silentLog,
    upstreams,
    egress,
    assets: createLocalStore('/nowhere'),
    runTimes: new RunTimeProfiles(db),
    feed: { wake: () => {} }
  }
  // Polling ends where copying begins: here a finished video counts as copied.
  const complete = (jobs: TaskJob[]) => Promise.all(jobs.map(job => db.transaction().execute(trx => completeTask(trx, job))))
  const engine = new PollEngine(context, () => {}, jobs => { complete(jobs).catch(() => {}) })
  t.teardown(async () => {
    await engine.stop()
    await egress.close()
    await boss.stop({ graceful: false })
    await db.destroy()
  })
  let userId: string | undefined

  return {
    databaseUrl: url,
    db,
    boss,
    context,
    engine,
    upstreams,

    async addChannel (id: string, { type = 'sora-relay', url, settings = {} }: ChannelSettings): Promise<void> {
      const baseUrl = type === 'openai' ? `${url}/v1` : url
      await db.insertInto('channels').values({ id, name: id, type, base_url: baseUrl, settings: JSON.stringify(settings) }).execute()
      await setCredential(db, ENCRYPTION, id, { baseUrl, apiKey: 'a-key' })
    },

    /** Another key of the channel; the new one's id. */
    async addCredential (channelId: string, key: string): Promise<string> {
      const { base_url: baseUrl } = await db.selectFrom('channels').select('base_url').where('id', '=', channelId).executeTakeFirstOrThrow()
      await setCredential(db, ENCRYPTION, channelId, { baseUrl: baseUrl!, apiKey: key })
      return (await findCurrentCredentialId(db, channelId))!
    },

    /** An accepted task whose poll is due; `job: false` leaves its job out. */
    async addTask (channelId: string, externalTaskId: string, { dueInMs = 0, deadlineMs = 600_000, job = true, credentialId = '' } = {}): Promise<string> {
      userId ??= (await insertUser(db, { username: `user-${crypto.randomUUID()}`, password: PASSWORD, role: 'user' })).id
      const task = await insertTask(db, {
        id: newVideoId(),
        user_id: userId,
        status: 'PROCESSING',
        stage: 'waiting',
        channel_id: channelId,
        credential_id: credentialId || (await findCurrentCredentialId(db, channelId))!,
        model: 'sora-2',
        prompt: 'a cat',
        external_task_id: externalTaskId
      }, deadlineMs)
      await db
        .updateTable('task_attempts')
        .set({ state: 'accepted', external_task_id: externalTaskId, accepted_at: new Date() })
        .where('task_id', '=', task.id)
        .execute()
      await db
        .insertInto('task_polls')
        .values({ task_id: task.id, attempt: 1, user_id: userId, channel_id: channelId, next_poll_at: sql`now() + ${dueInMs} * interval '1 millisecond'` })
        .execute()
      if (job) await boss.insert(POLL_TASK, [{ data: { taskId: task.id, attempt: 1 }, singletonKey: pollKey(channelId, externalTaskId), startAfter: dueInMs / 1000 }])
      return task.id
    },

    pollOf: (taskId: string) => db.selectFrom('task_polls').selectAll().where('task_id', '=', taskId).executeTakeFirstOrThrow(),
    taskOf: (taskId: string) => db.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow(),

    async sum (column: 'polls' | 'failures', channelId: string): Promise<number> {
      const row = await db.selectFrom('task_polls').select(eb => eb.fn.sum<string>(column).as('sum')).where('channel_id', '=', channelId).executeTakeFirstOrThrow()
      return Number(row.sum)
    }
  }
}

export type Polling = Awaited<ReturnType<typeof setUpPolling>>

/** Resolves once the condition holds; rejects when it never does. */
export async function until (condition: () => Promise<boolean> | boolean, what: string, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}`)
    await sleep(20)
  }
}

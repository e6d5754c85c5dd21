import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { TaskFeed } from '../../server/events/task-feed.ts'
import { connect, type Api } from '../../server/demo/api.ts'
import { createTestDatabase } from '../support/database.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { startServerProcess } from '../support/server-process.ts'
import { silentLog } from '../support/silent-log.ts'

const TASKS = '/api/video/tasks'
const COUNT = 20
const PASSWORD = 'a good password'
const PATIENCE_MS = 60_000

type Upstream = Awaited<ReturnType<typeof startSandboxUpstream>>

/** What outlives the server: its database, its folder, its provider. */
async function prepare (t: Test, upstream: Upstream, env: NodeJS.ProcessEnv = {}) {
  const databaseUrl = await createTestDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'reelay-killed-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const db = createDatabase(databaseUrl, 5)
  t.teardown(() => db.destroy())

  const start = async () => {
    const { url, end } = await startServerProcess(t, { DATABASE_URL: databaseUrl, DATA_DIR: folder, ADMIN_PASSWORD: PASSWORD, ...upstream.env, ...env })
    const anonymous = connect(url, new AbortController().signal)
    const { token } = await anonymous.data('POST', '/api/auth/login', { username: 'admin', password: PASSWORD })
    return { api: anonymous.as(String(token)), end }
  }
  return { db, databaseUrl, start }
}

/** Submits COUNT tasks at once; those whose server dies meanwhile get no answer. */
async function submitAll (api: Api, model: string, onAnswer = () => {}): Promise<void> {
  await Promise.allSettled(Array.from({ length: COUNT }, async (_, i) => {
    await api.request('POST', TASKS, { prompt: `task ${i}`, model })
    onAnswer()
  }))
}

/** Waits, woken by the event log, until no task is unfinished. */
async function waitForAll (t: Test, db: Db, databaseUrl: string) {
  const feed = new TaskFeed(db, databaseUrl, silentLog)
  await feed.start()
  t.teardown(() => feed.close())
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const impatience = setTimeout(async () => reject(new Error(`unfinished: ${JSON.stringify(await readTasks(db))}`)), PATIENCE_MS)
  const look = async () => {
    const tasks = await readTasks(db)
    if (tasks.every(({ status }) => status !== 'QUEUED' && status !== 'PROCESSING')) resolve()
  }
  const { id: userId } = await db.selectFrom('users').select('id').executeTakeFirstOrThrow()
  const unsubscribe = feed.subscribe({ userId, onEvents: () => { look().catch(reject) }, onProgress: () => {} })
  await look()
  await promise
  clearTimeout(impatience)
  unsubscribe()
  return await readTasks(db)
}

function readTasks (db: Db) {
  return db.selectFrom('tasks').select(['id', 'status', 'stage', 'prompt', 'error_code', 'external_task_id']).orderBy('prompt').execute()
}

/** Every task is finished, and paid for once. */
async function checkOutcome (t: Test, tasks: Awaited<ReturnType<typeof readTasks>>, upstream: Upstream) {
  t.same(tasks.filter(({ status }) => status !== 'COMPLETED'), [], 'every task was completed')
  const ledger = await upstream.ledger()
  t.same(ledger.map(({ prompt }) => prompt).sort(), tasks.map(({ prompt }) => prompt).sort(), 'each was paid once')
  t.same(new Set(ledger.map(({ id }) => id)), new Set(tasks.map(task => task.external_task_id)))
}

t.test('killed while 20 tasks run: after a start every one ends, none is submitted twice', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 2_000 })
  // No poll is in hand yet.
  const { db, databaseUrl, start } = await prepare(t, upstream, { POLL_MIN_MS: '2000' })
  const first = await start()
  await submitAll(first.api, 'sora_video2')
  t.equal(await first.end('SIGKILL'), null)
  t.same(new Set((await readTasks(db)).map(({ status }) => status)), new Set(['PROCESSING']))

  await start()
  const tasks = await waitForAll(t, db, databaseUrl)
  t.equal(tasks.length, COUNT)
  await checkOutcome(t, tasks, upstream)
})

t.test('killed while it polls: the polls in hand are found again when their leases are over', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 500 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  upstream.behave('poll', { poll: { answer: 'hang' } })
  const first = await start()
  await submitAll(first.api, 'sora_video2')
  await upstream.untilPolled(COUNT)
  await first.end('SIGKILL')
  upstream.forgetBehaviours()

  const minuteLater = await db
    .updateTable('task_polls')
    .set({ next_poll_at: sql`next_poll_at - interval '1 minute'`, lease_until: sql`lease_until - interval '1 minute'` })
    .where('lease_until', 'is not', null)
    .executeTakeFirst()
  t.equal(Number(minuteLater.numUpdatedRows), COUNT)
  await start()
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream)
})

t.test('killed while it submits: what was answered or written is made, and paid once', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: 200 })
  const { db, databaseUrl, start } = await prepare(t, upstream, { SUBMIT_TIMEOUT_MS: '1000' })
  const first = await start()
  // Taken and paid at once, answered late: the answers of many are on their way when the server dies.
  for (let i = 0; i < COUNT; i++) upstream.behave('create', { create: { latencyMs: 20 + 20 * i, accepted: true } }, 1)
  let answered = 0
  const submitting = submitAll(first.api, 'sora-2', () => { answered++ })
  await upstream.untilPaid(COUNT / 2)
  await first.end('SIGKILL')
  await submitting
  upstream.forgetBehaviours()
  t.ok(answered < COUNT, `${answered} had an answer`)

  await start()
  const tasks = await waitForAll(t, db, databaseUrl)
  t.ok(tasks.length >= answered)
  await checkOutcome(t, tasks, upstream)
  const adopted = await db.selectFrom('task_attempts').select('task_id').where('adopted', '=', true).execute()
  t.ok(adopted.length > 0, `${adopted.length} were found in the provider's list`)
})

t.test('SIGTERM: requests are answered, the process ends by itself, and the next one goes on', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 1_000 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  const first = await start()
  upstream.behave('create', { create: { latencyMs: 300 } })
  let answered = 0
  const submitting = submitAll(first.api, 'sora_video2', () => { answered++ })
  await upstream.untilPaid(1)
  const startedAt = performance.now()
  t.equal(await first.end('SIGTERM'), 0)
  t.ok(performance.now() - startedAt < 15_000)
  await submitting
  t.ok(answered > 0)

  await start()
  const tasks = await waitForAll(t, db, databaseUrl)
  t.ok(tasks.length >= answered)
  await checkOutcome(t, tasks, upstream)
})

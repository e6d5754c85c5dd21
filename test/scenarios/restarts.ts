import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { TaskFeed } from '../../server/events/task-feed.ts'
import { connect, type Api } from '../../server/demo/api.ts'
import { createTestDatabase } from '../support/database.ts'
import { startServerProcess } from '../support/server-process.ts'
import { silentLog } from '../support/silent-log.ts'
import type { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
export const COUNT = 20
const PASSWORD = 'a good password'
const PATIENCE_MS = 60_000

type Upstream = Awaited<ReturnType<typeof startSandboxUpstream>>

/** What outlives the server: its database, its folder, its provider. */
export async function prepare (t: Test, upstream: Pick<Upstream, 'env'>, env: NodeJS.ProcessEnv = {}) {
  const databaseUrl = await createTestDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'reelay-killed-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const db = createDatabase(databaseUrl, 5)
  t.teardown(() => db.destroy())

  const start = async (more: NodeJS.ProcessEnv = {}) => {
    const { url, ...server } = await startServerProcess(t, { DATABASE_URL: databaseUrl, DATA_DIR: folder, ADMIN_PASSWORD: PASSWORD, ...upstream.env, ...env, ...more })
    const anonymous = connect(url, new AbortController().signal)
    const { token } = await anonymous.data('POST', '/api/auth/login', { username: 'admin', password: PASSWORD })
    return { api: anonymous.as(String(token)), url, ...server }
  }
  return { db, databaseUrl, folder, start }
}

/**
 * Submits COUNT tasks at once; answers with the videoIds of those that were acknowledged. One whose server dies meanwhile
 * gets no answer, one whose server stops is sent elsewhere (503): neither was promised anything.
 */
export async function submitAll (api: Api, model: string): Promise<string[]> {
  const answers = await Promise.allSettled(Array.from({ length: COUNT }, (_, i) => api.request('POST', TASKS, { prompt: `task ${i}`, model })))
  return answers
    .filter(answer => answer.status === 'fulfilled')
    .filter(({ value }) => value.status === 201)
    .map(({ value }) => String(value.body.data.videoId))
}

/** Waits, woken by the event log, until no task is unfinished. */
export async function waitForAll (t: Test, db: Db, databaseUrl: string) {
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

export function readTasks (db: Db) {
  return db.selectFrom('tasks').select(['id', 'status', 'stage', 'prompt', 'error_code', 'external_task_id']).orderBy('prompt').execute()
}

/** Every task is finished, and paid for once; none that was acknowledged is missing. */
export async function checkOutcome (t: Test, tasks: Awaited<ReturnType<typeof readTasks>>, upstream: Upstream, acknowledged: string[]) {
  t.same(acknowledged.filter(videoId => !tasks.some(({ id }) => id === videoId)), [], `all ${acknowledged.length} acknowledged tasks exist`)
  t.same(tasks.filter(({ status }) => status !== 'COMPLETED'), [], 'every task was completed')
  const ledger = await upstream.ledger()
  t.same(ledger.map(({ prompt }) => prompt).sort(), tasks.map(({ prompt }) => prompt).sort(), 'each was paid once')
  t.same(new Set(ledger.map(({ id }) => id)), new Set(tasks.map(task => task.external_task_id)))
}

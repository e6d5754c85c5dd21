import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { ImagesOptions } from '../../plugins/images.ts'
import type { WebhooksOptions } from '../../plugins/webhooks.ts'
import { pino, type Logger } from 'pino'
import { insertUser, type Role } from '../../server/accounts/users.ts'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import type { Db, Task } from '../../server/database/tables.ts'
import type { TaskStatus } from '../../server/tasks/statuses.ts'
import { PASSWORD } from './accounts.ts'
import { createClient, type Client } from './client.ts'
import { createTestDatabase } from './database.ts'

interface Test { teardown (handler: () => unknown): void }

interface TestOptions extends WebhooksOptions, ImagesOptions { log?: Logger }

const PATIENCE_MS = 20_000

export interface TestApp {
  app: FastifyInstance
  db: Db
  databaseUrl: string
  /** An administrator, signed in. */
  admin: Client
  /** Somebody new, signed in. */
  login: (role?: Role) => Promise<Client>
  /** The row, once the task has the status; woken by the event log. */
  waitForTask: (videoId: string, status: TaskStatus) => Promise<Task>
  /** Another process on the same database and folder, as far as one process can be two. */
  startSibling: (t: Test, overrides?: NodeJS.ProcessEnv) => Promise<TestApp>
}

/** The whole server on a database and a folder of its own, fast enough for tests. `overrides` are environment variables. */
export async function startApp (t: Test, overrides: NodeJS.ProcessEnv = {}, options: TestOptions = {}): Promise<TestApp> {
  const databaseUrl = await createTestDatabase(t)
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-test-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  return await startAppOn(t, databaseUrl, { DATA_DIR: dataDir, ...overrides }, options)
}

async function startAppOn (t: Test, databaseUrl: string, overrides: NodeJS.ProcessEnv, options: TestOptions): Promise<TestApp> {
  const config = loadConfig({ SANDBOX_DURATION_MS: '50', POLL_MIN_MS: '50', POLL_MAX_MS: '1000', LOG_LEVEL: 'silent', ...overrides })
  const app = await buildApp(config, { databaseUrl, log: pino({ level: config.LOG_LEVEL }), ...options }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.ready()

  const login = async (role: Role = 'user') => {
    const { username } = await insertUser(app.db, { username: `user-${crypto.randomUUID()}`, password: PASSWORD, role })
    return await createClient(app, username)
  }
  return {
    app,
    db: app.db,
    databaseUrl,
    admin: await login('admin'),
    login,
    waitForTask: (videoId, status) => waitForTask(app, videoId, status),
    startSibling: (t, more = {}) => startAppOn(t, databaseUrl, { ...overrides, ...more }, options)
  }
}

async function waitForTask ({ db, feed }: FastifyInstance, videoId: string, status: TaskStatus): Promise<Task> {
  const read = () => db.selectFrom('tasks').selectAll().where('id', '=', videoId).executeTakeFirstOrThrow()
  const first = await read()
  const found = Promise.withResolvers<Task>()
  const look = async () => {
    const task = await read()
    if (task.status === status) found.resolve(task)
  }
  const lookOrFail = () => { look().catch(found.reject) }
  const unsubscribe = feed.subscribe({ userId: first.user_id, onEvents: lookOrFail, onProgress: () => {} })
  const impatience = setTimeout(async () => found.reject(new Error(`${videoId} is ${(await read()).status}, not ${status}`)), PATIENCE_MS)
  try {
    // It may have been there before the subscription.
    lookOrFail()
    return await found.promise
  } finally {
    clearTimeout(impatience)
    unsubscribe()
  }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'

const WORKER = join(import.meta.dirname, '..', 'support', 'webhook-worker.ts')

t.test('killed between sending and writing it down: delivered again, under the same webhook-id', async t => {
  const { app, db, databaseUrl, login } = await startApp(t, { ROLES: 'api' }, { webhookEgress: createReceiverEgress() })
  const startWorker = (env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [WORKER], { env: { ...process.env, ROLES: 'worker', DATABASE_URL: databaseUrl, DATA_DIR: app.config.DATA_DIR, ...env }, stdio: 'inherit' })
    t.teardown(() => child.kill('SIGKILL'))
    return child
  }
  const client = await login()
  const receiver = await startReceiver(t)
  await client.post('/api/webhooks', { url: receiver.url, events: ['task.created'] })
  await client.createTask()
  const delivery = () => db.selectFrom('webhook_deliveries').selectAll().executeTakeFirstOrThrow()
  t.match(await delivery(), { status: 'pending', attempts: 0 })

  const [, signal] = await once(startWorker({ FAILPOINT: 'webhook.after-send' }), 'exit')
  t.equal(signal, 'SIGKILL')
  t.equal(receiver.requests.length, 1)
  const { id, payload } = await delivery()
  t.match(await delivery(), { status: 'pending', attempts: 1 })

  // A minute later: the dead try's claim is over.
  await db.updateTable('webhook_deliveries').set({ lease_until: sql`lease_until - interval '1 minute'` }).execute()
  await sql`update pgboss.job set started_on = started_on - interval '1 minute' where name = 'deliver-webhook'`.execute(db)
  startWorker()
  await receiver.untilTold(2)
  await until(async () => (await delivery()).status === 'delivered')
  t.same(receiver.requests.map(({ headers, body }) => [headers['webhook-id'], body.toString()]), [[id, payload], [id, payload]])
  t.equal((await delivery()).attempts, 2)
})

t.test('a task that is not written writes no delivery and no job either', async t => {
  const { db, login } = await startApp(t, { ROLES: 'api' })
  const client = await login()
  await client.post('/api/webhooks', { url: 'https://p1.receivers.test/' })
  const key = { 'idempotency-key': 'one' }
  const body = { prompt: 'a cat', callbackUrl: 'https://p1.receivers.test/' }
  await Promise.all(Array.from({ length: 5 }, () => client.post('/api/video/tasks', body, key)))
  const created = await db.selectFrom('webhook_deliveries').select('id').where('event_type', '=', 'task.created').execute()
  const { rows } = await sql<{ key: string }>`select singleton_key as key from pgboss.job where name = 'deliver-webhook'`.execute(db)
  t.equal(created.length, 1)
  t.equal(rows.filter(row => row.key === created[0]!.id).length, 1)
  t.equal((await db.selectFrom('webhook_endpoints').select('id').where('task_id', 'is not', null).execute()).length, 1)
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'
import { addWebhook, webhookRows } from '../support/webhooks.ts'

const WORKER = join(import.meta.dirname, '..', 'support', 'webhook-worker.ts')
const RECEIVERS = 4
const EACH = 60
const ANSWER_MS = 150

t.test('three processes, of which one is killed and all lose Postgres: everything is delivered, nothing twice at once', { timeout: 240_000 }, async t => {
  const { app, db, databaseUrl, login, startSibling } = await startApp(t, { ROLES: 'api' }, { webhookEgress: createReceiverEgress() })
  const { addFailed, deliveriesOf, countOf } = webhookRows(db)
  const client = await login()
  const [underWay, twice] = [new Set<unknown>(), [] as unknown[]]
  const receivers = await Promise.all(Array.from({ length: RECEIVERS }, () => startReceiver(t, (response, { headers: { 'webhook-id': id } }) => {
    if (underWay.has(id)) twice.push(id)
    underWay.add(id)
    response.on('close', () => underWay.delete(id))
    setTimeout(() => response.end(), ANSWER_MS)
  })))
  const ids = await Promise.all(receivers.map(async ({ url }) => (await addWebhook(client, url, { events: ['task.completed'] })).id))
  // Somebody has to make the video that all of it is about.
  const maker = await startSibling(t, { ROLES: 'api,worker' })
  const { videoId } = await client.createTask()
  await maker.waitForTask(videoId, 'COMPLETED')
  await maker.app.close()
  for (const id of ids) {
    await addFailed(id, videoId, EACH)
    await client.post(`/api/webhooks/${id}/redeliver-failed`, { since: '2020-01-01T00:00:00Z' })
  }

  const startWorker = () => {
    const env = { ...process.env, ROLES: 'worker', DATABASE_URL: databaseUrl, DATA_DIR: app.config.DATA_DIR }
    const child = spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'inherit', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    return child
  }
  const workers: ChildProcess[] = [startWorker(), startWorker(), startWorker()]
  const told = () => receivers.reduce((sum, { requests }) => sum + requests.length, 0)
  await until(async () => told() > 20, 60_000)
  workers[0]!.kill('SIGKILL')
  await once(workers[0]!, 'exit')
  await until(async () => told() > 100, 60_000)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(db)
  // The test's own connections among them: the pool notices at the next query.
  await until(() => Promise.all(Array.from({ length: 10 }, () => sql`select 1`.execute(db))).then(() => true, () => false), 10_000)

  // What the dead and the cut off had in hand comes back when its lease is over: moved up, but only once nobody has any of it in hand.
  const pending = async () => (await Promise.all(ids.map(id => countOf(id, 'pending')))).reduce((sum, count) => sum + count)
  const leased = async () => (await db.selectFrom('webhook_deliveries').select('id').where('lease_until', '>', sql<Date>`now()`).execute()).length
  await until(async () => await pending() === await leased().catch(() => -1) && underWay.size === 0, 90_000)
  await db.updateTable('webhook_deliveries').set({ lease_until: sql`now()` }).where('status', '=', 'pending').execute()
  await sql`update pgboss.job set started_on = started_on - interval '1 minute' where name = 'deliver-webhook' and state = 'active'`.execute(db)
  await until(async () => await pending() === 0, 90_000)

  for (const [index, id] of ids.entries()) {
    const wanted = (await deliveriesOf(id)).map(row => row.id)
    const got = new Set(receivers[index]!.requests.map(({ headers }) => headers['webhook-id']))
    t.same([...got].sort(), wanted.sort())
  }
  t.same(twice, [])
  t.comment(`${told()} requests for ${RECEIVERS * (EACH + 1)} deliveries`)
})

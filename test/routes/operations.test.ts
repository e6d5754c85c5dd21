import { sql } from 'kysely'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'
import { text } from '../support/scripted-server.ts'
import { addWebhook, hasEnded, webhookRows } from '../support/webhooks.ts'

t.test('/metrics is for administrators and tells of tasks, polls, queues and streams', async t => {
  const server = await startApp(t)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')

  t.equal((await server.app.inject('/metrics')).statusCode, 401)
  t.equal((await (await server.login()).get('/metrics')).statusCode, 403)
  const metrics = await server.admin.get('/metrics')
  t.equal(metrics.statusCode, 200)
  t.match(metrics.headers['content-type'], /^text\/plain/)
  for (const name of ['reelay_tasks', 'reelay_polls_total{channel="sandbox",state="completed"} 1', 'reelay_list_calls_total{channel="sandbox"} 0', 'reelay_polls_by_list_total{channel="sandbox"} 0', 'reelay_poll_lateness_seconds{quantile="0.99"}', 'reelay_upstream_poll_seconds{channel="sandbox",quantile="0.5"}', 'reelay_queue_jobs{queue="poll-task",state="ready"}', 'reelay_feed_stall_seconds 0', 'nodejs_eventloop_lag_p99_seconds']) {
    t.ok(metrics.body.includes(name), name)
  }
})

t.test('/metrics tells of webhook deliveries: their queue, tries by outcome, what is pending and how old it is', async t => {
  const { admin, db } = await startApp(t, {}, { webhookEgress: createReceiverEgress() })
  const receiver = await startReceiver(t)
  const { id } = await addWebhook(admin, receiver.url, { events: ['task.completed'] })
  const { deliveriesOf, untilDelivery, addFailed } = webhookRows(db)
  const { videoId } = await admin.createTask()
  await untilDelivery(id, ({ status }) => status === 'delivered')
  receiver.answer(text('', 500))
  await admin.createTask()
  await untilDelivery(id, hasEnded(1))
  await until(async () => (await deliveriesOf(id)).filter(hasEnded(1)).length === 2)
  await addFailed(id, videoId, 1)
  await db.updateTable('webhook_deliveries').set({ status: 'pending', created_at: sql<never>`now() - interval '1 hour'`, next_at: sql`now() - interval '1 minute'`, lease_until: null }).where('attempts', '=', 0).execute()
  const { body } = await admin.get('/metrics')
  const value = (name: string) => Number(body.split('\n').find(line => line.startsWith(`${name} `))?.slice(name.length + 1))
  t.equal(value('reelay_webhook_tries_total{outcome="delivered"}') + value('reelay_webhook_tries_total{outcome="pending"}') >= 2, true)
  t.equal(value('reelay_webhook_deliveries_pending'), 2)
  t.ok(value('reelay_webhook_oldest_pending_seconds') >= 3_600)
  t.ok(value('reelay_webhook_lateness_seconds') >= 60)
  t.ok(value('reelay_queue_jobs{queue="deliver-webhook",state="deferred"}') >= 0)
})

t.test('/health and /ready are open; /ready says what is wrong', async t => {
  const server = await startApp(t)
  t.same((await server.app.inject('/health')).json(), { status: 'ok' })
  t.same((await server.app.inject('/ready')).json(), { status: 'ready', checks: { database: 'ok', migrations: 'ok', workers: 'ok' } })

  await server.db.deleteFrom('schema_migrations' as never).where('name' as never, '=', '0002_create_channels.sql' as never).execute()
  const behind = await server.app.inject('/ready')
  t.equal(behind.statusCode, 503)
  t.match(behind.json(), { status: 'unready', checks: { database: 'ok', migrations: '1 pending, from 0002_create_channels.sql on', workers: 'ok' } })

  await server.db.schema.alterTable('schema_migrations').renameTo('elsewhere').execute()
  const unready = await server.app.inject('/ready')
  t.equal(unready.statusCode, 503)
  t.match(unready.json(), { status: 'unready', checks: { migrations: /pending, from 0001/, workers: 'ok' } })
})

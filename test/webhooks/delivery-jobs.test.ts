import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { DELIVER_WEBHOOK } from '../../server/queues/queues.ts'
import { reviveDeliveries } from '../../server/webhooks/delivery-records.ts'
import { enqueueDeliveryJobs } from '../../server/webhooks/delivery-jobs.ts'
import { startApp } from '../support/app.ts'
import { addWebhook, webhookRows } from '../support/webhooks.ts'

// Nobody works here: what is enqueued stays.
const { app, db, login } = await startApp(t, { ROLES: 'api' })
const { deliveriesOf, endpointOf } = webhookRows(db)
const URL_OF_NOBODY = 'https://Hooks.Example.com/reelay'

async function createDelivery () {
  const client = await login()
  const { id } = await addWebhook(client, URL_OF_NOBODY, { events: ['task.created'] })
  await client.createTask()
  const [delivery] = await deliveriesOf(id)
  return { endpointId: id, delivery: delivery! }
}

async function takeJob (t: Test, deliveryId: string): Promise<Record<string, unknown>> {
  const { rows } = await sql<Record<string, unknown>>`delete from pgboss.job where name = ${DELIVER_WEBHOOK} and singleton_key = ${deliveryId} returning *`.execute(db)
  t.equal(rows.length, 1, 'one job')
  const { id, created_on: _created, ...job } = rows[0]!
  t.ok(id)
  return job
}

t.test('a job is written as boss.insert writes it', async t => {
  const { delivery } = await createDelivery()
  await takeJob(t, delivery.id)
  const nextAt = new Date(Date.now() + 60_000)
  await db.updateTable('webhook_deliveries').set({ next_at: nextAt }).where('id', '=', delivery.id).execute()

  await enqueueDeliveryJobs(db, [delivery.id])
  const ours = await takeJob(t, delivery.id)
  const { user_id: userId } = await endpointOf(delivery.endpoint_id)
  await app.boss.insert(DELIVER_WEBHOOK, [{ data: { deliveryId: delivery.id }, singletonKey: delivery.id, group: { id: `${userId}:hooks.example.com` }, startAfter: nextAt.toISOString() }])
  t.same(ours, await takeJob(t, delivery.id))
})

t.test('one job waits for a delivery, however often it is enqueued', async t => {
  const { delivery } = await createDelivery()
  await Promise.all(Array.from({ length: 5 }, () => enqueueDeliveryJobs(db, [delivery.id])))
  await takeJob(t, delivery.id)
})

t.test('a job that is lost is put back, also behind a backlog whose jobs wait', async t => {
  const { endpointId, delivery } = await createDelivery()
  await sql`
    insert into webhook_deliveries (id, endpoint_id, task_id, event_id, event_type, next_at)
    select 'msg_late' || i, endpoint_id, task_id, event_id, event_type, now() - interval '1 hour'
    from webhook_deliveries, generate_series(1, 1100) i where id = ${delivery.id}`.execute(db)
  await enqueueDeliveryJobs(db, (await deliveriesOf(endpointId)).map(({ id }) => id))
  await takeJob(t, delivery.id)
  await db.updateTable('webhook_deliveries').set({ next_at: sql`now() - interval '1 minute'` }).where('id', '=', delivery.id).execute()
  await reviveDeliveries(db)
  await takeJob(t, delivery.id)
})

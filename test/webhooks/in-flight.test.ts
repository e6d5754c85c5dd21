import { sql } from 'kysely'
import t from 'tap'
import { claimDelivery } from '../../server/webhooks/delivery-claims.ts'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'
import { json, text } from '../support/scripted-server.ts'
import { addWebhook, hasEnded, webhookRows } from '../support/webhooks.ts'

const { db, login } = await startApp(t, {}, { webhookEgress: createReceiverEgress() })
const { deliveriesOf, endpointOf, untilDelivery } = webhookRows(db)
const events = ['task.completed']

/** A receiver that answers when told to, with one delivery under way. */
async function startHeld () {
  const client = await login()
  const answers: Array<(status: number) => void> = []
  const receiver = await startReceiver(t, response => { answers.push(status => response.writeHead(status).end()) })
  const { id } = await addWebhook(client, receiver.url, { events })
  await client.createTask()
  await receiver.untilTold(1)
  const [delivery] = await deliveriesOf(id)
  return { client, receiver, answers, id, delivery: delivery! }
}

for (const status of [200, 500]) {
  t.test(`redelivered while a try is under way: sent again after its ${status}, not beside it`, async t => {
    const { client, receiver, answers, id, delivery } = await startHeld()
    for (let i = 0; i < 2; i++) t.equal((await client.post(`/api/webhooks/${id}/deliveries/${delivery.id}/redeliver`)).statusCode, 200)
    const jobGone = async () => (await sql`select from pgboss.job where name = 'deliver-webhook' and singleton_key = ${delivery.id} and state = 'created'`.execute(db)).rows.length === 0
    await until(jobGone)
    t.equal(await claimDelivery(db, delivery.id), undefined, 'another process finds it taken')
    t.equal(receiver.requests.length, 1)
    answers[0]!(status)
    await receiver.untilTold(2)
    answers[1]!(200)
    t.match(await untilDelivery(id, row => row.status === 'delivered' && hasEnded(2)(row)), { tries: 1 })
    t.equal(receiver.requests.length, 2)
  })
}

t.test('a webhook that is disabled, deleted or pointed elsewhere while a try is under way', async t => {
  const { client, answers, id, delivery } = await startHeld()
  const patch = (payload: object) => client.inject({ method: 'PATCH', url: `/api/webhooks/${id}`, payload })
  await patch({ disabled: true })
  answers[0]!(500)
  t.match(await untilDelivery(id, hasEnded(1)), { id: delivery.id, status: 'failed' })
  t.match(await endpointOf(id), { disabled_reason: 'user' })
  t.match((await client.post(`/api/webhooks/${id}/deliveries/${delivery.id}/redeliver`)).json(), { code: 'WEBHOOK_DISABLED' })
  t.match((await client.post(`/api/webhooks/${id}/redeliver-failed`, { since: '2020-01-01T00:00:00Z' })).json(), { code: 'WEBHOOK_DISABLED' })
  t.match((await deliveriesOf(id))[0], { status: 'failed' })

  const elsewhere = await startReceiver(t)
  await patch({ disabled: false, url: elsewhere.url })
  t.same((await client.post(`/api/webhooks/${id}/redeliver-failed`, { since: '2020-01-01T00:00:00Z' })).json().data, { redelivered: 1 })
  await untilDelivery(id, ({ status }) => status === 'delivered')
  t.equal(elsewhere.requests.length, 1)

  const deleted = await startHeld()
  t.equal((await deleted.client.inject({ method: 'DELETE', url: `/api/webhooks/${deleted.id}` })).statusCode, 200)
  deleted.answers[0]!(200)
  await until(async () => (await sql`select from pgboss.job where name = 'deliver-webhook' and singleton_key = ${deleted.delivery.id}`.execute(db)).rows.length === 0)
})

t.test('Retry-After holds for the whole webhook, and costs what waits no try; asking for a redelivery ends it', async t => {
  const client = await login()
  const receiver = await startReceiver(t, text('', 429, { 'retry-after': '3600' }))
  const { id } = await addWebhook(client, receiver.url, { events })
  await client.createTask()
  await untilDelivery(id, hasEnded(1))
  t.match((await client.get(`/api/webhooks/${id}`)).json().data, { disabled: false, pausedUntil: /Z$/ })
  await client.createTask()
  const waits = await untilDelivery(id, ({ attempts, next_at: next }) => attempts === 0 && next!.getTime() > Date.now() + 3_000_000)
  t.match(waits, { tries: 0, status: 'pending', lease_until: null })
  t.equal(receiver.requests.length, 1)

  receiver.answer(json({}))
  await client.post(`/api/webhooks/${id}/deliveries/${waits.id}/redeliver`)
  await untilDelivery(id, row => row.id === waits.id && row.status === 'delivered')
  t.match((await client.get(`/api/webhooks/${id}`)).json().data, { pausedUntil: null })
})

t.test('a process that stood still since it took a delivery leaves it to others', async t => {
  const { answers, id, delivery } = await startHeld()
  await db.updateTable('webhook_deliveries').set({ lease_until: sql`now()` }).where('id', '=', delivery.id).execute()
  const second = await claimDelivery(db, delivery.id)
  t.equal(second?.delivery.attempts, 2)
  answers[0]!(200)
  await until(async () => (await sql`select from pgboss.job where name = 'deliver-webhook' and singleton_key = ${delivery.id} and state = 'active'`.execute(db)).rows.length === 0)
  t.match((await deliveriesOf(id))[0], { status: 'pending', attempts: 2 }, 'its answer is not written over the second claim')
})

t.test('a server that stops gives back what was not answered: no try is counted, the receiver is not blamed', async t => {
  const { db, login, startSibling } = await startApp(t, { ROLES: 'api' }, { webhookEgress: createReceiverEgress() })
  const { endpointOf, untilDelivery } = webhookRows(db)
  const { app: worker } = await startSibling(t, { ROLES: 'api,worker' })
  const client = await login()
  const receiver = await startReceiver(t, () => {})
  const { id } = await addWebhook(client, receiver.url, { events: ['task.created'] })
  await client.createTask()
  await receiver.untilTold(1)
  await worker.close()
  const delivery = await untilDelivery(id, () => true)
  t.match(delivery, { status: 'pending', tries: 0, attempts: 1, lease_until: null, error: null })
  t.equal((await endpointOf(id)).failing_since, null)
  t.match((await claimDelivery(db, delivery.id))?.delivery, { tries: 1, attempts: 2 }, 'whoever comes next can send it')
})

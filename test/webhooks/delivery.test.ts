import { sql } from 'kysely'
import OpenAI from 'openai'
import { Webhook } from 'standardwebhooks'
import t, { type Test } from 'tap'
import { transitionTask } from '../../server/tasks/transitions.ts'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, headersOf, startReceiver, until } from '../support/receivers.ts'
import { json, text } from '../support/scripted-server.ts'
import { addWebhook, hasEnded, typeOf, verify, webhookRows } from '../support/webhooks.ts'

const { db, login, waitForTask } = await startApp(t, { PUBLIC_URL: 'https://reelay.test' }, { webhookEgress: createReceiverEgress() })

const { deliveriesOf, endpointOf, untilDelivery, skipWait } = webhookRows(db)

t.test('a task is told from its creation to its end, signed as Standard Webhooks wants it', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const { secret } = await addWebhook(client, receiver.url)
  const { videoId } = await client.createTask({ metadata: { album: 'cats' } })
  const told = await receiver.untilTold(3)
  t.same(new Set(told.map(typeOf)), new Set(['task.created', 'task.processing', 'task.completed']))
  const last = told.find(request => typeOf(request) === 'task.completed')!
  t.match(verify(secret, last), {
    type: 'task.completed',
    timestamp: Number,
    payload: { videoId, status: 'COMPLETED', progress: 100, metadata: { album: 'cats' }, error: null, videoUrl: /^https:\/\/reelay\.test\/api\/video\/tasks\// }
  })
  t.equal(new Set(told.map(request => request.headers['webhook-id'])).size, 3)
  t.throws(() => new Webhook(secret).verify(`${last.body} `, headersOf(last)), 'an altered body')
  t.throws(() => new Webhook('whsec_' + Buffer.alloc(32).toString('base64')).verify(last.body.toString(), headersOf(last)), 'another secret')
})

t.test('W1 an endpoint of OpenAI\'s format gets what OpenAI\'s client unwraps', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const { secret } = await addWebhook(client, receiver.url, { format: 'openai' })
  const { videoId } = await client.createTask()
  const [request] = await receiver.untilTold(1)
  const openai = new OpenAI({ apiKey: 'unused', webhookSecret: secret })
  const event = await openai.webhooks.unwrap(request!.body.toString(), headersOf(request!))
  t.match(event, { id: /^evt_/, object: 'event', type: 'video.completed', data: { id: videoId } })
  t.equal(receiver.requests.length, 1, 'and nothing else')
})

t.test('OpenAI\'s format knows no cancelled video: it has failed', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const { secret } = await addWebhook(client, receiver.url, { format: 'openai' })
  const { videoId } = await client.createTask({ prompt: 'a cat [[never]]' })
  await db.transaction().execute(trx => transitionTask(trx, { taskId: videoId, attempt: 1, from: ['QUEUED', 'PROCESSING'], to: 'CANCELLED' }))
  const [request] = await receiver.untilTold(1)
  t.match(verify(secret, request!), { type: 'video.failed', data: { id: videoId } })
})

t.test('only the events asked for, and only of one\'s own tasks', async t => {
  const [client, stranger] = [await login(), await login()]
  const receiver = await startReceiver(t)
  const { id } = await addWebhook(client, receiver.url, { events: ['task.completed'] })
  const theirs = await stranger.createTask()
  await waitForTask(theirs.videoId, 'COMPLETED')
  const { videoId } = await client.createTask()
  await untilDelivery(id, ({ status }) => status === 'delivered')
  t.same(receiver.requests.map(request => [typeOf(request), JSON.parse(request.body.toString()).payload.videoId]), [['task.completed', videoId]])
  t.equal((await deliveriesOf(id)).length, 1)
})

t.test('a callbackUrl is told how its task ends, signed with the user\'s callback secret', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const { secret } = (await client.get('/api/webhooks/callback-secret')).json().data
  const { videoId } = await client.createTask({ callbackUrl: receiver.url })
  const other = await client.createTask()
  await waitForTask(other.videoId, 'COMPLETED')
  const [request] = await receiver.untilTold(1)
  t.match(verify(secret, request!), { type: 'task.completed', payload: { videoId } })
  t.same((await client.get('/api/webhooks')).json().data.webhooks, [], 'it is not one of the webhooks')
  t.not((await (await login()).get('/api/webhooks/callback-secret')).json().data.secret, secret)
})

t.test('a callbackUrl is part of what makes a request a repeat', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const body = { prompt: 'once', callbackUrl: receiver.url }
  const key = { 'idempotency-key': crypto.randomUUID() }
  const first = await client.post('/api/video/tasks', body, key)
  t.equal((await client.post('/api/video/tasks', body, key)).json().data.videoId, first.json().data.videoId)
  t.equal((await client.post('/api/video/tasks', { prompt: 'once' }, key)).json().code, 'IDEMPOTENCY_KEY_REUSED')
})

/** One delivery to a receiver that behaves, after its first try. */
async function deliverOnce (t: Test, answer: Parameters<typeof startReceiver>[1]) {
  const client = await login()
  const receiver = await startReceiver(t, answer)
  const { id, secret } = await addWebhook(client, receiver.url, { events: ['task.completed'] })
  await client.createTask()
  const delivery = await untilDelivery(id, hasEnded(1))
  return { client, receiver, id, secret, delivery, waitSeconds: delivery.next_at && (delivery.next_at.getTime() - delivery.last_attempt_at!.getTime()) / 1000 }
}

t.test('W4 whatever is no 2xx is tried again', async t => {
  for (const status of [301, 302, 307, 400, 401, 404, 500]) {
    const { delivery, waitSeconds, receiver } = await deliverOnce(t, text('no', status, { location: 'https://p1.receivers.test/' }))
    t.match(delivery, { status: 'pending', response_status: status, response_excerpt: 'no', error: `answered ${status}` })
    t.ok(waitSeconds! >= 5 && waitSeconds! < 7, `${status}: ${waitSeconds} s`)
    t.equal(receiver.requests.length, 1)
  }
  const reset = await deliverOnce(t, response => { response.socket!.resetAndDestroy() })
  t.match(reset.delivery, { status: 'pending', response_status: null, error: /^reset/ })
  const kept = await deliverOnce(t, text('x'.repeat(5_000), 500))
  t.equal(kept.delivery.response_excerpt!.length, 1_024)
  const accepted = await deliverOnce(t, text('', 204))
  t.match(accepted.delivery, { status: 'delivered', response_status: 204, next_at: null })
})

t.test('a 2xx is a 2xx, whatever comes after it; no more than 16 KiB of that is read', async t => {
  let sent = 0
  const flood = await deliverOnce(t, response => {
    response.on('error', () => {})
    const more = () => { while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x'))) sent += 16_384 }
    response.writeHead(200).on('drain', more)
    more()
  })
  t.match(flood.delivery, { status: 'delivered', response_status: 200, response_excerpt: 'x'.repeat(1_024) })
  // What the sockets of both sides hold comes on top.
  t.ok(sent < 8_000_000, `${sent} bytes`)
  const broken = await deliverOnce(t, response => {
    response.writeHead(201, { 'content-length': '100' }).write('half', () => response.socket!.resetAndDestroy())
  })
  t.match(broken.delivery, { status: 'delivered', response_status: 201 })
})

t.test('429 and 503 say when, a day at most', async t => {
  for (const [status, value, low, high] of [[429, '120', 120, 121], [503, '999999999', 86_400, 86_401], [429, '0', 5, 7], [503, '-5', 5, 7], [503, new Date(Date.now() + 600_000).toUTCString(), 590, 602], [500, '120', 5, 7], [429, 'soon', 5, 7]] as const) {
    const { waitSeconds } = await deliverOnce(t, text('', status, { 'retry-after': value }))
    t.ok(waitSeconds! >= low && waitSeconds! <= high, `${status} ${value}: ${waitSeconds} s`)
  }
})

t.test('W4, W5 nine tries, then it has failed; every one with the same id and body, at its own time and signed anew', async t => {
  const { receiver, id, secret, delivery } = await deliverOnce(t, text('', 500))
  const waits = [5, 30, 300, 1_800, 7_200, 18_000, 36_000, 86_400]
  for (const [done, seconds] of waits.entries()) {
    const row = await untilDelivery(id, hasEnded(done + 1))
    const wait = (row.next_at!.getTime() - row.last_attempt_at!.getTime()) / 1000
    t.ok(wait >= seconds && wait <= seconds * 1.2 + 1, `after try ${done + 1}: ${wait} s`)
    await skipWait(delivery.id)
    const request = (await receiver.untilTold(done + 2)).at(-1)!
    t.ok(Number(request.headers['webhook-timestamp']) >= Math.floor(row.last_attempt_at!.getTime() / 1000), 'the time is this try\'s')
  }
  const failed = await untilDelivery(id, ({ status }) => status === 'failed')
  t.match(failed, { attempts: 9, next_at: null })
  t.same(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])), new Set([delivery.id]))
  t.equal(new Set(receiver.requests.map(({ body }) => body.toString())).size, 1)
  for (const request of receiver.requests) verify(secret, request)
})

t.test('410 ends it at once', async t => {
  const { client, id, delivery } = await deliverOnce(t, text('', 410))
  t.match(delivery, { status: 'failed', response_status: 410 })
  t.match((await client.get(`/api/webhooks/${id}`)).json().data, { disabled: true, disabledReason: 'gone' })
  const next = await client.createTask()
  await waitForTask(next.videoId, 'COMPLETED')
  t.equal((await deliveriesOf(id)).length, 1, 'nothing more is written for it')
})

t.test('five days of failures disable an endpoint, one success starts them anew', async t => {
  const { client, receiver, id, delivery } = await deliverOnce(t, text('', 500))
  const failSince = (days: number) => db.updateTable('webhook_endpoints').set({ failing_since: sql`now() - ${days} * interval '1 day'` }).where('id', '=', id).execute()
  await failSince(4.9)
  await skipWait(delivery.id)
  await receiver.untilTold(2)
  await untilDelivery(id, hasEnded(2))
  t.equal((await endpointOf(id)).disabled_at, null)

  await failSince(5.1)
  await skipWait(delivery.id)
  await untilDelivery(id, ({ status }) => status === 'failed')
  t.match((await client.get(`/api/webhooks/${id}`)).json().data, { disabled: true, disabledReason: 'failing', failingSince: /Z$/ })

  await client.inject({ method: 'PATCH', url: `/api/webhooks/${id}`, payload: { disabled: false } })
  receiver.answer(json({}))
  await failSince(4)
  t.match((await client.post(`/api/webhooks/${id}/redeliver-failed`, { since: new Date(Date.now() - 3_600_000).toISOString() })).json().data, { redelivered: 1 })
  t.match(await untilDelivery(id, ({ status }) => status === 'delivered'), { id: delivery.id, attempts: 4 })
  t.equal((await endpointOf(id)).failing_since, null)
})

t.test('a delivered one can be sent again, under its id; one that waits goes out now', async t => {
  const { client, receiver, id, delivery } = await deliverOnce(t, json({}))
  const again = () => client.post(`/api/webhooks/${id}/deliveries/${delivery.id}/redeliver`)
  t.equal((await again()).statusCode, 200)
  await receiver.untilTold(2)
  receiver.answer(text('', 500))
  await untilDelivery(id, ({ status }) => status === 'delivered')
  await again()
  await receiver.untilTold(3)
  await untilDelivery(id, row => row.attempts === 3 && row.response_status === 500)
  receiver.answer(json({}))
  await again()
  await untilDelivery(id, row => row.attempts === 4 && row.status === 'delivered')
  t.same(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])), new Set([delivery.id]))
})

t.test('W2 for a day after a rotation the replaced secret verifies as well, also when the next is replaced too', async t => {
  const { client, receiver, id, secret: old, delivery } = await deliverOnce(t, json({}))
  const { secret } = (await client.post(`/api/webhooks/${id}/rotate-secret`)).json().data
  t.not(secret, old)
  const send = async () => {
    const count = receiver.requests.length
    await client.post(`/api/webhooks/${id}/deliveries/${delivery.id}/redeliver`)
    const request = (await receiver.untilTold(count + 1)).at(-1)!
    await untilDelivery(id, ({ status }) => status === 'delivered')
    return request
  }
  const during = await send()
  verify(old, during)
  verify(secret, during)
  await db.updateTable('webhook_endpoints').set({ previous_secrets_until: sql`array[now()]` }).where('id', '=', id).execute()
  const after = await send()
  verify(secret, after)
  t.throws(() => verify(old, after))

  const { secret: third } = (await client.post(`/api/webhooks/${id}/rotate-secret`)).json().data
  const { secret: fourth } = (await client.post(`/api/webhooks/${id}/rotate-secret`)).json().data
  const twice = await send()
  for (const valid of [secret, third, fourth]) verify(valid, twice)
  t.throws(() => verify(old, twice))
})

t.test('a receiver that never answers holds up nobody else', async t => {
  const client = await login()
  const [slow, quick] = [await startReceiver(t, () => {}), await startReceiver(t)]
  const events = ['task.completed']
  const { id: slowId } = await addWebhook(client, slow.url, { events })
  for (let i = 0; i < 12; i++) await client.createTask()
  await until(async () => (await deliveriesOf(slowId)).length === 12)
  await slow.untilTold(4)
  const { id } = await addWebhook(client, quick.url, { events })
  const startedAt = performance.now()
  const { videoId } = await client.createTask()
  await waitForTask(videoId, 'COMPLETED')
  await quick.untilTold(1)
  await untilDelivery(id, ({ status }) => status === 'delivered')
  t.ok(performance.now() - startedAt < 8_000, 'before the first of the slow ones timed out')
  t.equal(slow.requests.length, 4, 'which has four at once and no more')
  await client.inject({ method: 'DELETE', url: `/api/webhooks/${slowId}` })
})

t.test('secrets are stored sealed', async t => {
  const client = await login()
  const { id, secret } = await addWebhook(client, 'https://p1.receivers.test/')
  const row = await endpointOf(id)
  t.notOk(row.secret!.includes(secret.slice(6, 20)))
})

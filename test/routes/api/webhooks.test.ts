import t from 'tap'
import { startApp } from '../../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../../support/receivers.ts'
import { text } from '../../support/scripted-server.ts'

const { db, login, waitForTask } = await startApp(t, {}, { webhookEgress: createReceiverEgress() })
const URL_OF_NOBODY = 'https://hooks.example.com/reelay'

t.test('a webhook is created, read, changed and deleted; its secret is shown once', async t => {
  const client = await login()
  const created = await client.post('/api/webhooks', { url: URL_OF_NOBODY, name: 'mine' })
  t.equal(created.statusCode, 201)
  const { id, secret } = created.json().data
  t.equal(created.headers.location, `/api/webhooks/${id}`)
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  t.match(created.json().data, { id: /^whe_/, url: URL_OF_NOBODY, name: 'mine', format: 'reelay', disabled: false, disabledReason: null, failingSince: null })
  t.equal(created.json().data.events.length, 6)

  const read = await client.get(`/api/webhooks/${id}`)
  const list = await client.get('/api/webhooks')
  t.same(list.json().data.webhooks, [read.json().data])
  for (const { body } of [read, list]) t.notMatch(body, 'whsec_')

  const change = (payload: object) => client.inject({ method: 'PATCH', url: `/api/webhooks/${id}`, payload })
  t.match((await change({ name: null, events: ['task.failed'], disabled: true })).json().data, { name: null, events: ['task.failed'], disabled: true, disabledReason: 'user', url: URL_OF_NOBODY })
  t.match((await change({ disabled: false })).json().data, { disabled: false, disabledReason: null })
  t.equal((await change({})).statusCode, 400)

  t.same((await client.inject({ method: 'DELETE', url: `/api/webhooks/${id}` })).json().data, { id, deleted: true })
  t.equal((await client.get(`/api/webhooks/${id}`)).json().code, 'WEBHOOK_NOT_FOUND')
})

t.test('what cannot be one is refused by field', async t => {
  const client = await login()
  const cases: Array<[object, string]> = [
    [{}, 'url'], [{ url: 'hooks' }, 'url'], [{ url: 'http://example.com/' }, 'url'], [{ url: 'https://[::1]/' }, 'url'], [{ url: 'https://example.com:8443/' }, 'url'],
    [{ url: URL_OF_NOBODY, events: ['video.completed'] }, 'events'], [{ url: URL_OF_NOBODY, events: [] }, 'events'],
    [{ url: URL_OF_NOBODY, format: 'openai', events: ['task.failed'] }, 'events'], [{ url: URL_OF_NOBODY, format: 'xml' }, 'format'], [{ url: URL_OF_NOBODY, secret: 'whsec_x' }, 'secret']
  ]
  for (const [payload, field] of cases) t.match((await client.post('/api/webhooks', payload)).json(), { code: 'REQUEST_INVALID', details: [{ field }] })
})

t.test('somebody else\'s does not exist, whatever is asked of it', async t => {
  const [owner, other] = [await login(), await login()]
  const { id } = (await owner.post('/api/webhooks', { url: URL_OF_NOBODY })).json().data
  const answers = await Promise.all([
    other.get(`/api/webhooks/${id}`),
    other.get(`/api/webhooks/${id}/deliveries`),
    other.inject({ method: 'PATCH', url: `/api/webhooks/${id}`, payload: { disabled: true } }),
    other.inject({ method: 'DELETE', url: `/api/webhooks/${id}` }),
    other.post(`/api/webhooks/${id}/rotate-secret`),
    other.post(`/api/webhooks/${id}/test`),
    other.post(`/api/webhooks/${id}/deliveries/msg_1/redeliver`),
    other.post(`/api/webhooks/${id}/redeliver-failed`, { since: new Date().toISOString() })
  ])
  for (const answer of answers) t.match({ status: answer.statusCode, code: answer.json().code }, { status: 404, code: 'WEBHOOK_NOT_FOUND' })
  t.equal((await owner.get(`/api/webhooks/${id}`)).json().data.disabled, false)
})

t.test('a test event is sent at once and its answer shown', async t => {
  const client = await login()
  const receiver = await startReceiver(t, text('hello', 202))
  const { id } = (await client.post('/api/webhooks', { url: receiver.url })).json().data
  t.same((await client.post(`/api/webhooks/${id}/test`)).json().data, { delivered: true, responseStatus: 202, responseExcerpt: 'hello', error: null })
  receiver.answer(text('', 500))
  t.match((await client.post(`/api/webhooks/${id}/test`)).json().data, { delivered: false, responseStatus: 500 })
  t.equal((await client.get(`/api/webhooks/${id}`)).json().data.failingSince, null)
})

t.test('the deliveries are listed by pages; without PUBLIC_URL they carry no videoUrl', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const { id } = (await client.post('/api/webhooks', { url: receiver.url })).json().data
  const { videoId } = await client.createTask()
  await waitForTask(videoId, 'COMPLETED')
  await until(async () => (await db.selectFrom('webhook_deliveries').select('id').where('endpoint_id', '=', id).where('status', '=', 'delivered').execute()).length === 3)
  const seen = []
  for (let query = '?limit=1'; query;) {
    const { deliveries, nextCursor } = (await client.get(`/api/webhooks/${id}/deliveries${query}`)).json().data
    seen.push(...deliveries)
    query = nextCursor && `?limit=1&cursor=${nextCursor}`
  }
  t.same(seen.map(({ eventType }) => eventType), ['task.completed', 'task.processing', 'task.created'])
  t.match(seen[0], { id: /^msg_/, videoId, status: 'delivered', attempts: 1, responseStatus: 200, nextAttemptAt: null })
  t.equal(JSON.parse(seen[0].payload).payload.videoUrl, null)
  t.equal((await client.get(`/api/webhooks/${id}/deliveries?status=failed`)).json().data.deliveries.length, 0)
  t.equal((await client.get(`/api/webhooks/${id}/deliveries?cursor=x`)).json().code, 'CURSOR_INVALID')
  t.equal((await client.post(`/api/webhooks/${id}/deliveries/msg_none/redeliver`)).json().code, 'DELIVERY_NOT_FOUND')
})

t.test('there can be 25, also when asked for at once', async t => {
  const client = await login()
  const answers = await Promise.all(Array.from({ length: 30 }, () => client.post('/api/webhooks', { url: URL_OF_NOBODY })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 25)
  t.equal(answers.find(({ statusCode }) => statusCode !== 201)!.json().code, 'WEBHOOK_LIMIT')
})

import { sql } from 'kysely'
import { pino } from 'pino'
import t from 'tap'
import { pruneDeliveries } from '../../server/webhooks/delivery-retention.ts'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'
import { json, text } from '../support/scripted-server.ts'
import { addWebhook, hasEnded, typeOf, verify, webhookRows } from '../support/webhooks.ts'

const { admin, db, login, waitForTask } = await startApp(t, { PUBLIC_URL: 'https://reelay.test' }, { webhookEgress: createReceiverEgress() })
const { deliveriesOf, untilDelivery, skipWait } = webhookRows(db)
const events = ['task.completed']
const WORDS = { prompt: 'a secret garden', metadata: { album: 'secret-album' }, clientRequestId: 'secret-request' }

t.test('a deleted task leaves none of its words in what was sent about it', async t => {
  const client = await login()
  const receiver = await startReceiver(t, text('thanks for secret-album'))
  const { id } = await addWebhook(client, receiver.url)
  const { videoId } = await client.createTask(WORDS)
  await until(async () => (await deliveriesOf(id)).filter(({ status }) => status === 'delivered').length === 3)
  t.match(JSON.stringify(await deliveriesOf(id)), /secret-album/)
  t.equal((await client.inject({ method: 'DELETE', url: `/api/video/tasks/${videoId}` })).statusCode, 200)
  const kept = await deliveriesOf(id)
  t.equal(kept.length, 3)
  t.notMatch(JSON.stringify(kept), /secret/)
  t.notMatch((await client.get(`/api/webhooks/${id}/deliveries`)).body, /secret/)
})

t.test('what is still to be sent about a deleted task is sent without its words', async t => {
  const client = await login()
  const receiver = await startReceiver(t, text('', 500))
  const { id, secret } = await addWebhook(client, receiver.url, { events })
  const { videoId } = await client.createTask(WORDS)
  const delivery = await untilDelivery(id, hasEnded(1))
  t.match(receiver.requests[0]!.body.toString(), /secret-album/)
  await client.inject({ method: 'DELETE', url: `/api/video/tasks/${videoId}` })
  receiver.answer(json({}))
  await skipWait(delivery.id)
  await untilDelivery(id, ({ status }) => status === 'delivered')
  const last = receiver.requests.at(-1)!
  t.match(verify(secret, last), { type: 'task.completed', payload: { videoId, status: 'COMPLETED', metadata: {}, clientRequestId: null, videoUrl: null } })
  t.equal(last.headers['webhook-id'], delivery.id)
})

t.test('nothing is sent for a disabled account; once it is enabled again it can be redelivered', async t => {
  const client = await login()
  const receiver = await startReceiver(t, text('', 500))
  const { id } = await addWebhook(client, receiver.url, { events })
  const { videoId } = await client.createTask({ callbackUrl: receiver.url })
  const delivery = await untilDelivery(id, hasEnded(1))
  await until(async () => receiver.requests.length === 2)
  const { user_id: userId } = await db.selectFrom('tasks').select('user_id').where('id', '=', videoId).executeTakeFirstOrThrow()
  const disable = (disabled: boolean) => admin.inject({ method: 'PATCH', url: `/api/users/${userId}`, payload: { disabled } })
  t.equal((await disable(true)).statusCode, 200)
  for (const { id } of await db.selectFrom('webhook_deliveries').select('id').where('task_id', '=', videoId).execute()) await skipWait(id)
  t.match(await untilDelivery(id, ({ status }) => status === 'failed'), { error: 'the account is disabled' })
  await until(async () => (await db.selectFrom('webhook_deliveries').select('id').where('task_id', '=', videoId).where('status', '=', 'pending').execute()).length === 0)
  t.equal(receiver.requests.length, 2)
  t.equal((await disable(false)).statusCode, 200)
  t.equal(delivery.status, 'pending')
})

t.test('what was delivered or given up long ago is removed, what is pending and what is young stays; so do callbacks, but for tasks deleted long ago', async t => {
  const client = await login()
  const receiver = await startReceiver(t)
  const { id } = await addWebhook(client, receiver.url)
  const { videoId } = await client.createTask({ callbackUrl: receiver.url })
  const other = await client.createTask({ callbackUrl: receiver.url })
  for (const task of [videoId, other.videoId]) await waitForTask(task, 'COMPLETED')
  await until(async () => (await deliveriesOf(id)).filter(({ status }) => status === 'delivered').length === 6)
  await client.inject({ method: 'DELETE', url: `/api/video/tasks/${videoId}` })
  const [old, pending] = await deliveriesOf(id)
  await db.updateTable('webhook_deliveries').set({ created_at: sql`now() - interval '8 days'` } as never).where('id', 'in', [old!.id, pending!.id]).execute()
  await db.updateTable('webhook_deliveries').set({ status: 'pending', next_at: sql`now() + interval '1 hour'` }).where('id', '=', pending!.id).execute()
  await db.updateTable('tasks').set({ deleted_at: sql<never>`now() - interval '8 days'` }).where('deleted_at', 'is not', null).execute()
  await pruneDeliveries(db, 7)
  const kept = (await deliveriesOf(id)).map(row => row.id)
  t.equal(kept.length, 5)
  t.notOk(kept.includes(old!.id))
  t.same((await db.selectFrom('webhook_endpoints').select('task_id').where('task_id', 'in', [videoId, other.videoId]).execute()), [{ task_id: other.videoId }])
})

t.test('no secret, target or payload reaches the log; without PUBLIC_URL it says once that there is no videoUrl', async t => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write (line: string) { lines.push(line) } })
  const { login } = await startApp(t, {}, { log, webhookEgress: createReceiverEgress() })
  const client = await login()
  const receiver = await startReceiver(t, text('no-secret-answer', 500))
  const { id, secret } = await addWebhook(client, `${receiver.url}?token=in-the-target`)
  const rotated = (await client.post(`/api/webhooks/${id}/rotate-secret`)).json().data.secret
  await client.createTask(WORDS)
  await client.createTask(WORDS)
  await receiver.untilTold(6)
  t.same(new Set(receiver.requests.map(typeOf)), new Set(['task.created', 'task.processing', 'task.completed']))
  const written = () => lines.join('')
  await until(async () => lines.filter(line => line.includes('webhook was not delivered')).length >= 6)
  for (const word of [secret.slice(6), rotated.slice(6), 'in-the-target', 'secret-album', 'no-secret-answer']) t.notOk(written().includes(word), word)
  t.equal(lines.filter(line => line.includes('PUBLIC_URL')).length, 1)
})

import t from 'tap'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'
import { addWebhook, webhookRows } from '../support/webhooks.ts'

const { db, login, waitForTask } = await startApp(t, {}, { webhookEgress: createReceiverEgress() })
const { addFailed, countOf } = webhookRows(db)
const events = ['task.completed']
const BACKLOG = 300

t.test('a backlog for a receiver that answers at once is worked off and holds up no other, not even of the same user', { timeout: 180_000 }, async t => {
  const [busy, other] = [await login(), await login()]
  const [first, second] = [await startReceiver(t), await startReceiver(t)]
  const { id: backlogged } = await addWebhook(busy, first.url, { events })
  const { videoId } = await busy.createTask()
  await waitForTask(videoId, 'COMPLETED')
  await addFailed(backlogged, videoId, BACKLOG)
  const again = await busy.post(`/api/webhooks/${backlogged}/redeliver-failed`, { since: '2020-01-01T00:00:00Z' })
  t.same(again.json().data, { redelivered: BACKLOG })

  const [neighbour, ownNeighbour] = [await addWebhook(other, second.url, { events }), await addWebhook(busy, second.url, { events })]
  await Promise.all([other.createTask(), busy.createTask()])
  await until(async () => await countOf(neighbour.id, 'delivered') === 1 && await countOf(ownNeighbour.id, 'delivered') === 1)
  const left = await countOf(backlogged, 'pending')
  t.ok(left > BACKLOG / 2, `${left} of ${BACKLOG} were still to come`)
  await first.untilTold(BACKLOG + 2, 120_000)
  t.equal(new Set(first.requests.map(({ headers }) => headers['webhook-id'])).size, BACKLOG + 2)
})

t.test('all the webhooks and callbacks of a user at one host that never answers take four places together', async t => {
  const [slowUser, other] = [await login(), await login()]
  const [slow, quick] = [await startReceiver(t, () => {}), await startReceiver(t)]
  for (let i = 0; i < 25; i++) await addWebhook(slowUser, `${slow.url}/${i}`)
  for (let i = 0; i < 4; i++) await slowUser.createTask({ callbackUrl: `${slow.url}/callback/${i}` })
  await slow.untilTold(4)
  const { id } = await addWebhook(other, quick.url, { events })
  await other.createTask()
  await until(async () => await countOf(id, 'delivered') === 1)
  t.equal(slow.requests.length, 4)
})

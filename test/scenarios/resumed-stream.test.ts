import t from 'tap'
import { startApp } from '../support/app.ts'
import { openStream, type Received } from '../support/streams.ts'

const UPDATES = '/api/sse/task-updates'
const COUNT = 40

t.test('a client that is dropped again and again, between two processes, hears of every change once and in order', async t => {
  const server = await startApp(t, { SANDBOX_DURATION_MS: '300' })
  const sibling = await server.startSibling(t)
  const { authorization } = server.admin
  const create = (i: number) => (i % 2 ? server : sibling).app.inject({ method: 'POST', url: '/api/video/tasks', headers: { authorization }, payload: { prompt: `task ${i}` } })

  const first = await openStream(t, server.app, UPDATES, { authorization })
  let [{ id: lastEventId }] = await first.collect(message => message.id !== undefined) as [Received]
  first.drop()
  const creating = Promise.all(Array.from({ length: COUNT }, (_, i) => create(i)))

  const heard = new Map<string, string[]>()
  const ended = () => [...heard.values()].filter(statuses => statuses.at(-1) === 'COMPLETED').length
  let connections = 0
  while (ended() < COUNT) {
    const { app } = connections++ % 2 ? server : sibling
    const stream = await openStream(t, app, UPDATES, { authorization, 'last-event-id': lastEventId! })
    // Hears a few changes, remembers the last id, and is gone.
    for (let changes = 0; changes < 7 && ended() < COUNT;) {
      const { id, data } = await stream.until(() => true)
      lastEventId = id ?? lastEventId
      if (data?.type === 'reset') t.fail('a reset')
      // Progress and the snapshot carry no id.
      if (!id || data?.type !== 'taskUpdate') continue
      const { videoId, status } = data.payload
      heard.set(videoId, [...heard.get(videoId) ?? [], status])
      changes++
    }
    stream.drop()
  }
  const receipts = (await creating).map(response => response.json().data)
  t.ok(connections > 10, `${connections} connections`)
  t.same([...heard.keys()].sort(), receipts.map(({ videoId }) => videoId).sort())
  for (const statuses of heard.values()) t.same(statuses, ['QUEUED', 'PROCESSING', 'COMPLETED'])
})

t.test('progress never goes backwards within a stream', async t => {
  const { app, admin } = await startApp(t, { SANDBOX_DURATION_MS: '4000' })
  const stream = await openStream(t, app, UPDATES, { authorization: admin.authorization })
  await stream.until(({ data }) => data?.type === 'snapshotEnd')
  await admin.createTask({ prompt: '[[sandbox: progress=backwards]]' })
  const messages = (await stream.collect(({ data }) => data?.payload?.status === 'COMPLETED')).filter(({ data }) => data)
  const steps = messages.map(({ data }) => data.payload.progress)
  t.ok(steps.length > 4)
  t.same(steps, steps.toSorted((a, b) => a - b))
  t.same(messages.slice(0, -1).filter(({ data }) => data.payload.progress > 99), [])
  t.same(messages.filter(({ id }) => id).map(({ data }) => data.payload.status), ['QUEUED', 'PROCESSING', 'COMPLETED'])
})

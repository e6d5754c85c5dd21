import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Db } from '../../server/database/tables.ts'
import { startApp } from '../support/app.ts'
import { isSnapshotEnd, isStatus, openStream } from '../support/streams.ts'

/** `STALLED=200 npm run tap -- test/streams/stalled.test.ts` is the long form: their frames alone take minutes. */
const STALLED = Number(process.env.STALLED ?? 10)
/** Some 18 MB of frames: the system's own buffers of a connection take up to 10 MB before the server notices. */
const CHANGES = 5_000
const PAGE = 500
const UPDATES = '/api/sse/task-updates'

/** A client that asks and then reads nothing more. */
async function stall (port: number, authorization: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`GET ${UPDATES} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nauthorization: ${authorization}\r\n\r\n`)
  await once(socket, 'data')
  socket.pause()
  return socket
}

interface Seen { changes: number, lastEventId?: string }

/** What had arrived by the time the server closed it. */
async function readRest (socket: Socket): Promise<Seen> {
  const seen: Seen = { changes: 0 }
  let text = ''
  const take = (message: string) => {
    const id = /^id: ?(.*)$/m.exec(message)?.[1]
    if (id === undefined) return
    seen.lastEventId = id
    if (message.includes('"status":"COMPLETED"')) seen.changes++
  }
  // A connection that is reset loses what was not read yet, and its client resumes from further back.
  socket.on('error', () => {})
  socket.on('data', data => {
    const messages = (text + data.toString('latin1')).split('\n\n')
    text = messages.pop()!
    messages.forEach(take)
  })
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
  return seen
}

/** So many changes of one task at once, each in a frame of its own. */
function write (db: Db, userId: string, taskId: string, count: number) {
  const change = { user_id: userId, task_id: taskId, attempt: 1, status: 'COMPLETED' as const, stage: 'completed' }
  return db.insertInto('task_events').values(Array<typeof change>(count).fill(change)).execute()
}

t.test('readers that stall cost little, delay nobody, are closed, and resume where they were', { timeout: 100_000 + STALLED * 4_000 }, async t => {
  const { app, admin, db } = await startApp(t)
  const live = await openStream(t, app, UPDATES, { authorization: admin.authorization })
  await live.until(isSnapshotEnd)
  const { port } = app.server.address() as AddressInfo
  const stalled = await Promise.all(Array.from({ length: STALLED }, () => stall(port, admin.authorization)))
  t.teardown(() => stalled.forEach(socket => socket.destroy()))
  const { videoId } = await admin.createTask({ metadata: { filler: 'y'.repeat(3_000) } })
  await live.until(isStatus('COMPLETED'))

  let slowestMs = 0
  let memory = 0
  for (let written = 0; written < CHANGES; written += PAGE) {
    const begun = performance.now()
    await write(db, admin.id, videoId, PAGE)
    app.feed.wake()
    for (let i = 0; i < PAGE; i++) await live.until(isStatus('COMPLETED'))
    slowestMs = Math.max(slowestMs, performance.now() - begun)
    // By half of them the stalled ones take no more; from there on only their queues could grow.
    if (written === CHANGES / 2) memory = process.memoryUsage().rss
  }
  t.ok(slowestMs < 15_000 + STALLED * 100, `the live reader is not held up: ${slowestMs.toFixed(0)} ms at most for ${PAGE} changes`)
  const grown = (process.memoryUsage().rss - memory) / 2 ** 20
  t.ok(grown < 64, `memory grew by ${grown.toFixed(0)} MB`)

  while (app.feed.subscriberCount > 1) await sleep(500)
  t.pass('each stalled one is closed, the live one stays')

  const events = await db.selectFrom('task_events').select(eb => eb.fn.countAll<string>().as('count')).where('task_id', '=', videoId).where('status', '=', 'COMPLETED').executeTakeFirstOrThrow()
  for (const socket of stalled) {
    const { changes, lastEventId } = await readRest(socket)
    const resumed = await openStream(t, app, UPDATES, { authorization: admin.authorization, 'last-event-id': lastEventId! })
    const rest = (await resumed.collect(isSnapshotEnd)).filter(isStatus('COMPLETED')).length
    resumed.drop()
    t.equal(changes + rest, Number(events.count), `closed after ${changes} changes, resumed with ${rest}`)
  }
})

t.test('a server that stops does not wait for a reader that stalls', async t => {
  const { app, admin, db, waitForTask } = await startApp(t)
  const { videoId } = await admin.createTask({ metadata: { filler: 'y'.repeat(3_000) } })
  await waitForTask(videoId, 'COMPLETED')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const accepted = once(app.server, 'connection')
  const socket = await stall((app.server.address() as AddressInfo).port, admin.authorization)
  t.teardown(() => socket.destroy())
  const [server] = await accepted as [Socket]
  // Until it takes no more.
  while (!server.writableNeedDrain) {
    await write(db, admin.id, videoId, PAGE)
    app.feed.wake()
    await sleep(100)
  }
  const since = performance.now()
  await app.close()
  t.ok(performance.now() - since < 14_000, 'well before the 15 s a stop may take')
})

import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import t from 'tap'
import { revokeSessions } from '../../../server/accounts/sessions.ts'
import { OpenStreams } from '../../../server/events/open-streams.ts'
import { pruneEvents } from '../../../server/events/retention.ts'
import { transitionTask } from '../../../server/tasks/transitions.ts'
import { startApp } from '../../support/app.ts'
import { until } from '../../support/polling.ts'
import { isSnapshotEnd, isStatus, openStream, type Received, type TestStream } from '../../support/streams.ts'

const updates = '/api/sse/task-updates'
const bearer = ({ authorization }: { authorization: string }) => ({ authorization })
const statusesOf = (messages: Received[]) => messages.filter(({ id, data }) => id && data).map(({ data }) => data.payload.status)

t.test('a stream tells every change of the caller\'s tasks and no one else\'s', async t => {
  const { app, admin, login, waitForTask } = await startApp(t)
  const other = await login()
  const stream = await openStream(t, app, updates, bearer(admin))
  t.match(stream.headers.get('content-type'), /^text\/event-stream/)
  t.equal(stream.headers.get('cache-control'), 'no-cache, no-transform')
  t.equal(stream.headers.get('x-accel-buffering'), 'no')
  t.equal(stream.headers.get('x-content-type-options'), 'nosniff')
  t.notOk(stream.headers.has('content-security-policy'), 'nothing that only pages heed: thousands of streams would keep it')
  const [cursor] = await stream.collect(isSnapshotEnd)
  t.match(cursor, { id: /^\w+-\d+-\d+$/, data: undefined }, 'first of all an id alone')

  const foreign = await other.createTask({ prompt: 'not yours' })
  await waitForTask(foreign.videoId, 'COMPLETED')
  const { videoId } = await admin.createTask({ prompt: 'mine', clientRequestId: 'mine-1' })
  const messages = await stream.collect(isStatus('COMPLETED'))
  t.same(statusesOf(messages), ['QUEUED', 'PROCESSING', 'COMPLETED'])
  t.ok(messages.every(({ data }) => data.payload.videoId === videoId), 'nothing of the other user')
  t.match(messages.at(-1)!.data, { type: 'taskUpdate', timestamp: Number, payload: { type: 'generation', stage: 'completed', progress: 100, clientRequestId: 'mine-1', videoUrl: String, error: null } })
})

t.test('a stream can be narrowed to a status, a type or a task', async t => {
  const { app, admin, waitForTask } = await startApp(t)
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  const ended = await openStream(t, app, `${updates}?status=COMPLETED,FAILED`, bearer(admin))
  const remixes = await openStream(t, app, `${updates}?type=remix`, bearer(admin))
  await Promise.all([ended.until(isSnapshotEnd), remixes.until(isSnapshotEnd)])

  const remix = (await admin.post(`/api/video/tasks/${videoId}/remix`, { prompt: 'again' })).json().data
  const plain = await admin.createTask()
  await waitForTask(plain.videoId, 'COMPLETED')
  t.same(statusesOf(await remixes.collect(isStatus('COMPLETED'))), ['QUEUED', 'PROCESSING', 'COMPLETED'])
  const first = await ended.until(message => message.data?.payload !== undefined)
  const second = await ended.until(message => message.data?.payload !== undefined)
  t.same(new Set([first, second].map(({ data }) => data.payload.videoId)), new Set([remix.videoId, plain.videoId]))
  t.equal((await admin.get(`${updates}?status=DONE`)).statusCode, 400)

  const one = await openStream(t, app, `/api/video/tasks/${plain.videoId}/events`, { ...bearer(admin), 'last-event-id': 'x' })
  t.match(await one.collect(isSnapshotEnd), [{ id: String }, { data: { type: 'reset' } }, { data: { payload: { videoId: plain.videoId } } }, { data: { type: 'snapshotEnd' } }])
})

t.test('the stream of one task begins with where it stands, also when it has ended', async t => {
  const { app, admin, login, waitForTask } = await startApp(t)
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  const present = [{ id: String }, { id: undefined, data: { type: 'taskUpdate', payload: { videoId, status: 'COMPLETED', progress: 100, videoUrl: String } } }, { data: { type: 'snapshotEnd', truncated: false } }]
  for (const path of [`/api/video/tasks/${videoId}/events`, `${updates}?videoId=${videoId}`]) {
    const stream = await openStream(t, app, path, bearer(admin))
    const messages = await stream.collect(isSnapshotEnd)
    t.match(messages, present)
    t.equal(messages.length, 3, 'and nothing else')
  }
  t.match((await admin.get(`${updates}?wait=0&videoId=${videoId}`)).json().data, { updates: [{ payload: { videoId, status: 'COMPLETED' } }] })

  const foreign = await openStream(t, app, `${updates}?videoId=${videoId}`, bearer(await login()))
  t.equal((await foreign.collect(isSnapshotEnd)).length, 2, 'nothing of another user\'s task')
})

t.test('a task that fails or is cancelled keeps the progress it had', async t => {
  const { app, admin, db, waitForTask } = await startApp(t)
  for (const to of ['FAILED', 'CANCELLED'] as const) {
    const { videoId } = await admin.createTask({ prompt: 'lasting [[never]]' })
    await waitForTask(videoId, 'PROCESSING')
    const stream = await openStream(t, app, `/api/video/tasks/${videoId}/events`, bearer(admin))
    await stream.until(isSnapshotEnd)
    await db.updateTable('task_polls').set({ progress: 38 }).where('task_id', '=', videoId).execute()
    await transitionTask(db, { taskId: videoId, attempt: 1, from: ['PROCESSING'], to })
    t.match((await stream.until(isStatus(to))).data.payload, { status: to, progress: 38 })
    t.match((await admin.get(`/api/video/tasks/${videoId}`)).json().data, { status: to, progress: 38 })
  }
})

t.test('HEAD of a stream has its headers, and an end', async t => {
  const { app, admin } = await startApp(t)
  const { videoId } = await admin.createTask()
  for (const url of [updates, `/api/video/tasks/${videoId}/events`]) {
    const { statusCode, headers, body } = await app.inject({ method: 'HEAD', url, headers: { ...bearer(admin), accept: 'text/event-stream' } })
    t.equal(statusCode, 200)
    t.match(headers['content-type'], /^text\/event-stream/)
    t.equal(body, '')
  }
})

t.test('a dropped client resumes where it was: nothing twice, nothing missing', async t => {
  const { app, admin, waitForTask } = await startApp(t)
  const stream = await openStream(t, app, updates, bearer(admin))
  const [{ id }] = await stream.collect(isSnapshotEnd) as [Received]
  stream.drop()
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  // Transactions of other databases in the cluster hold the end of the log back.
  await until(async () => (await sql<{ settled: boolean }>`select coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), false) as settled from task_events`.execute(app.db)).rows[0]!.settled, 'the log is settled')

  const resumed = await openStream(t, app, `${updates}?lastEventId=${id}`, bearer(admin))
  const messages = await resumed.collect(isSnapshotEnd)
  t.same(statusesOf(messages), ['QUEUED', 'PROCESSING', 'COMPLETED'])
  const last = messages.filter(message => message.id).at(-1)!
  const again = await openStream(t, app, updates, { ...bearer(admin), 'last-event-id': last.id! })
  t.same(statusesOf(await again.collect(isSnapshotEnd)), [])
})

t.test('a cursor that cannot be resumed from is answered with reset, never with an error', async t => {
  const { app, admin, db, waitForTask } = await startApp(t)
  const first = await openStream(t, app, updates, bearer(admin))
  const [{ id }] = await first.collect(isSnapshotEnd) as [Received]
  const [epoch] = id!.split('-')
  for (const cursor of ['nonsense', 'abc-1-1', `${epoch}-99999999999-1`, `${epoch}-1`, 'é\u00ff', 'x'.repeat(5_000)]) {
    const stream = await openStream(t, app, `${updates}?lastEventId=${encodeURIComponent(cursor)}`, bearer(admin))
    t.equal(stream.status, 200)
    t.ok((await stream.collect(isSnapshotEnd)).some(({ data }) => data?.type === 'reset'), cursor.slice(0, 20))
  }

  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  t.equal(await pruneEvents(db, 0.0000001), 3)
  const late = await openStream(t, app, updates, { ...bearer(admin), 'last-event-id': id! })
  t.ok((await late.collect(isSnapshotEnd)).some(({ data }) => data?.type === 'reset'), 'events it had not seen were pruned')
})

t.test('the snapshot shows the active tasks, newest first, without ids', async t => {
  const { app, admin } = await startApp(t, { SANDBOX_DURATION_MS: '600000' })
  const older = await admin.createTask()
  const newer = await admin.createTask()
  const stream = await openStream(t, app, updates, bearer(admin))
  const messages = await stream.collect(isSnapshotEnd)
  t.same(messages.slice(1).map(({ id, data }) => [id, data.payload?.videoId ?? data.type]), [[undefined, newer.videoId], [undefined, older.videoId], [undefined, 'snapshotEnd']])
  t.same(messages.at(-1)!.data, { type: 'snapshotEnd', truncated: false })
})

t.test('a one-time ticket opens one stream', async t => {
  const { app, admin, db } = await startApp(t)
  const created = await admin.post('/api/sse/tickets')
  t.equal(created.statusCode, 201)
  const { ticket } = created.json().data
  const stream = await openStream(t, app, `${updates}?ticket=${ticket}`)
  t.equal(stream.status, 200)
  await stream.until(isSnapshotEnd)
  t.equal((await openStream(t, app, `${updates}?ticket=${ticket}`)).status, 401, 'used up')
  t.equal((await openStream(t, app, updates)).status, 401)

  const late = (await admin.post('/api/sse/tickets')).json().data
  await db.updateTable('sse_tickets').set({ expires_at: new Date() }).execute()
  t.equal((await openStream(t, app, `${updates}?ticket=${late.ticket}`)).status, 401, 'too late')
})

t.test('a long poll answers with the first change, or with none in time', async t => {
  const { admin, db } = await startApp(t)
  const start = (await admin.get(`${updates}?wait=0`)).json().data
  t.match(start, { reset: false, updates: [] })
  const waiting = admin.get(`${updates}?wait=20&lastEventId=${start.lastEventId}`)
  await admin.createTask()
  const woken = await waiting
  t.match(woken.headers['content-type'], /^application\/json/)
  t.match(woken.json().data.updates[0], { type: 'taskUpdate', payload: { status: 'QUEUED' } })
  t.not(woken.json().data.lastEventId, start.lastEventId)
  t.equal((await admin.get(`${updates}?wait=0&lastEventId=foreign`)).json().data.reset, true)
  t.equal((await admin.get(`${updates}?wait=600`)).statusCode, 400)
  t.equal((await db.selectFrom('sse_tickets').selectAll().execute()).length, 0)
})

t.test('changes made by another process arrive too, without a notification as well', async t => {
  const { app, admin, startSibling } = await startApp(t)
  const sibling = await startSibling(t)
  const stream = await openStream(t, app, updates, bearer(admin))
  await stream.until(isSnapshotEnd)
  const created = await sibling.app.inject({ method: 'POST', url: '/api/video/tasks', headers: bearer(admin), payload: { prompt: 'elsewhere' } })
  const done = await stream.until(isStatus('COMPLETED'))
  t.equal(done.data.payload.videoId, created.json().data.videoId)
})

t.test('streams end with their session and with the server', async t => {
  const { app, admin, db, login } = await startApp(t)
  const user = await login()
  const stream = await openStream(t, app, updates, bearer(user))
  await stream.until(isSnapshotEnd)
  const closed = Promise.withResolvers<void>()
  const streams = new OpenStreams(app.callers, app.log, 10)
  t.teardown(() => streams.closeAll())
  const { sessions: [session] } = (await user.get('/api/auth/sessions')).json().data
  const tracked = streams.track({ caller: (await app.callers.findBySession(session.id))!, close: () => closed.resolve() }, () => closed.promise)
  await revokeSessions(db, user.id)
  app.callers.clear()
  await tracked
  t.pass('closed after its session was revoked')

  const other = await openStream(t, app, updates, bearer(admin))
  await other.until(isSnapshotEnd)
  await app.close()
  await Promise.all([stream.ended(), other.ended()])
  t.pass('close() ends them')
})

t.test('a logout and a revoked key end the streams that another process serves, within 60 s', async t => {
  const { app, admin, login, startSibling } = await startApp(t)
  const sibling = await startSibling(t)
  const user = await login()
  const { id, key } = (await admin.post('/api/keys', { name: 'for a stream' })).json().data
  const streams = await Promise.all([bearer(user), { authorization: `Bearer ${key}` }, bearer(admin)].map(headers => openStream(t, app, updates, headers)))
  await Promise.all(streams.map(stream => stream.until(isSnapshotEnd)))
  const begun = performance.now()
  t.equal((await sibling.app.inject({ method: 'POST', url: '/api/auth/logout', headers: bearer(user) })).statusCode, 200)
  t.equal((await sibling.app.inject({ method: 'DELETE', url: `/api/keys/${id}`, headers: bearer(admin) })).statusCode, 200)
  const [ofUser, ofKey, untouched] = streams as [TestStream, TestStream, TestStream]
  await Promise.all([ofUser.ended(), ofKey.ended()])
  t.ok(performance.now() - begun < 60_000, `${(performance.now() - begun).toFixed(0)} ms`)
  await admin.createTask()
  t.ok(await untouched.until(isStatus('COMPLETED')), 'the stream of another session goes on')
})

t.test('a server that stops waits for no long poll, and begins no stream', async t => {
  const { app, admin } = await startApp(t)
  const { lastEventId } = (await admin.get(`${updates}?wait=0`)).json().data
  const waiting = admin.get(`${updates}?wait=55&lastEventId=${lastEventId}`)
  while (app.feed.subscriberCount === 0) await sleep(10)
  const since = performance.now()
  await app.close()
  t.ok(performance.now() - since < 15_000)
  t.match((await waiting).json(), { success: true, data: { lastEventId, reset: false, updates: [] } })

  const streams = new OpenStreams(app.callers, app.log)
  streams.closeAll()
  // One that was still being authenticated would never be told to end.
  t.throws(() => streams.checkRoom('1'), { code: 'SERVER_STOPPING' })
})

t.test('more streams of one user than allowed are refused with the limit', async t => {
  const { app } = await startApp(t)
  const streams = new OpenStreams(app.callers, app.log)
  const caller = { id: '1', username: 'one', role: 'user', sessionId: 's' } as const
  const open = Promise.withResolvers<void>()
  const running = Array.from({ length: 1_000 }, () => streams.track({ caller, close: () => {} }, () => open.promise))
  t.throws(() => streams.checkRoom('1'), { code: 'RATE_LIMITED' })
  t.doesNotThrow(() => streams.checkRoom('2'))
  open.resolve()
  await Promise.all(running)
  t.doesNotThrow(() => streams.checkRoom('1'))
  streams.closeAll()
})

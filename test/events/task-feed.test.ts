import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import type { FeedEvent } from '../../server/events/task-feed.ts'
import { startApp } from '../support/app.ts'
import { isSnapshotEnd, isStatus, openStream } from '../support/streams.ts'

const updates = '/api/sse/task-updates'

t.test('who listens first after a quiet time is not told what is long past', async t => {
  const { app, admin, db, waitForTask } = await startApp(t)
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  const past = { user_id: admin.id, task_id: videoId, attempt: 1, status: 'COMPLETED' as const, stage: 'completed' }
  await db.insertInto('task_events').values(Array<typeof past>(100).fill(past)).execute()
  // A feed that nobody listens to looks every 2 s, and nothing shows it.
  await sleep(5_000)

  const first = Promise.withResolvers<FeedEvent[]>()
  t.teardown(app.feed.subscribe({ userId: admin.id, onEvents: first.resolve, onProgress: () => {} }))
  const { videoId: next } = await admin.createTask()
  t.same([...new Set((await first.promise).map(({ event }) => event.task_id))], [next])
})

t.test('a change behind a long transaction is told without an id after two seconds, and with it when that ends', async t => {
  const { app, admin, databaseUrl } = await startApp(t, { SANDBOX_DURATION_MS: '600000' })
  const stream = await openStream(t, app, updates, { authorization: admin.authorization })
  await stream.until(isSnapshotEnd)
  const other = new pg.Client({ connectionString: databaseUrl })
  await other.connect()
  t.teardown(() => other.end())
  await other.query('begin')
  await other.query('select pg_current_xact_id()')

  const createdAt = performance.now()
  const { videoId } = await admin.createTask()
  // Its progress is not told before: PROCESSING would stand there first.
  const early = await stream.until(({ data }) => data?.payload?.videoId === videoId)
  t.equal(early.id, undefined)
  t.equal(early.data.payload.status, 'QUEUED', 'first things first')
  t.ok(performance.now() - createdAt >= 1_900)
  t.ok(app.feed.stallMs >= 1_900, 'and the stall shows')

  await other.query('rollback')
  for (const status of ['QUEUED', 'PROCESSING']) t.equal((await stream.until(isStatus(status))).data.payload.videoId, videoId)
})

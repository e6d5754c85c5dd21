import { sql } from 'kysely'
import t from 'tap'
import type { Db } from '../../server/database/tables.ts'
import { failTask } from '../../server/tasks/transitions.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { createReceiverEgress, startReceiver, until } from '../support/receivers.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { isSnapshotEnd, openStream, type Received } from '../support/streams.ts'
import { addWebhook, typeOf } from '../support/webhooks.ts'

const BATCHES = '/api/video/batches'
const STREAM = '/api/sse/task-updates'
const isBatch = ({ data }: Received) => data?.type === 'batchUpdate'

async function accept (client: Client, prompts: string[]) {
  const response = await client.post(BATCHES, { items: prompts.map(prompt => ({ prompt })) })
  if (response.statusCode !== 201) throw new Error(response.body)
  const { batchId, items } = response.json().data as { batchId: string, items: Array<{ videoId: string }> }
  return { batchId, ids: items.map(({ videoId }) => videoId) }
}

function batchEvents (db: Db) {
  return db.selectFrom('task_events').selectAll().where('kind', '=', 'batch').orderBy('id').execute()
}

/** A transaction that ends a task and is committed when told to. */
async function ending ({ db }: TestApp, videoId: string) {
  const [held, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const done = db.transaction().execute(async trx => {
    await failTask(trx, videoId, 1, 'UPSTREAM_FAILED')
    held.resolve()
    await go.promise
  })
  done.catch(held.reject)
  return { held: held.promise, commit: () => { go.resolve(); return done } }
}

t.test('the end of a batch is told once, after its last task, on streams and to webhooks; resumed without loss', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env, { webhookEgress: createReceiverEgress() })
  const { app, db, login, waitForTask } = server
  const [user, other] = [await login(), await login()]
  const receiver = await startReceiver(t, response => response.end())
  const { id: endpointId } = await addWebhook(user, receiver.url)
  await addWebhook(user, receiver.url, { events: ['task.failed'] })
  await addWebhook(other, receiver.url)
  const headers = { authorization: user.authorization }
  const stream = await openStream(t, app, STREAM, headers)
  const [begin] = await stream.collect(isSnapshotEnd)

  upstream.behave('create', { create: { answer: 400 } }, 1)
  const { batchId, ids } = await accept(user, ['one', 'two', 'three'])
  const seen = await stream.collect(isBatch)
  const frame = seen.at(-1)!
  t.match(frame, { id: /^\w+-\d+-\d+$/, data: { type: 'batchUpdate', timestamp: Number, payload: { batchId, status: 'COMPLETED', progress: 100, total: 3, counts: { QUEUED: 0, PROCESSING: 0, COMPLETED: 2, FAILED: 1, CANCELLED: 0 } } } })
  t.same(seen.filter(({ id, data }) => id && ['COMPLETED', 'FAILED'].includes(data?.payload?.status) && data.type === 'taskUpdate').map(({ data }) => data.payload.videoId).sort(), ids.toSorted(), 'after all of its tasks')

  await t.test('to whom has been away', async t => {
    const replay = async (id: string, query = '') => (await (await openStream(t, app, `${STREAM}${query}`, { ...headers, 'last-event-id': id })).collect(isSnapshotEnd)).filter(isBatch)
    t.same(await replay(begin!.id!), [frame])
    t.same(await replay(seen.filter(({ id }) => id).at(-2)!.id!), [frame])
    t.same(await replay(frame.id!), [])
    t.same(await replay(begin!.id!, `?batchId=${batchId}`), [frame])
    for (const query of ['?batchId=batch_other', `?videoId=${ids[0]}`, '?status=COMPLETED', '?type=generation']) t.same(await replay(begin!.id!, query), [], query)
    const polled = (await user.get(`${STREAM}?wait=0&lastEventId=${begin!.id}`)).json().data
    t.same(polled.updates.filter((update: { type: string }) => update.type === 'batchUpdate'), [frame.data])
    const theirs = (await other.get(`${STREAM}?wait=0&lastEventId=${begin!.id}`)).json().data
    t.same(theirs.updates, [], 'nobody else')
    t.notMatch((await user.get(`/api/video/tasks/${ids[2]}/events`)).body, 'batch"')
  })

  await t.test('to webhooks that want it', async t => {
    const told = await until(async () => receiver.requests.filter(request => typeOf(request) === 'batch.completed')[0])
    t.same(JSON.parse(told.body.toString()), { ...frame.data, type: 'batch.completed' })
    const deliveries = await db.selectFrom('webhook_deliveries').select('endpoint_id').where('event_type', '=', 'batch.completed').execute()
    t.same(deliveries, [{ endpoint_id: endpointId }])
  })

  await t.test('again, when its failures were retried', async t => {
    t.equal((await user.post(`${BATCHES}/${batchId}/retry`)).statusCode, 200)
    t.match(await stream.until(isBatch), { data: { payload: { batchId, counts: { COMPLETED: 3, FAILED: 0 } } } })
    t.equal((await batchEvents(db)).length, 2)
    for (const id of ids) await waitForTask(id, 'COMPLETED')
  })

  await t.test('and when the rest of it was cancelled', async t => {
    const { batchId } = await accept(user, ['[[never]] 1', '[[never]] 2'])
    await user.post(`${BATCHES}/${batchId}/cancel`)
    const row = await db.selectFrom('tasks').select(({ fn }) => fn.countAll<string>().as('count')).where('batch_id', '=', batchId).where('status', '=', 'CANCELLED').executeTakeFirstOrThrow()
    if (row.count === '2') t.match(await stream.until(isBatch), { data: { payload: { batchId, counts: { CANCELLED: 2 } } } })
  })
})

t.test('two that end the last tasks at once: one event, behind both ends', async t => {
  const server = await startApp(t, { ROLES: 'api', SANDBOX: 'on' })
  const { admin, db } = server
  const { batchId, ids: [first, second] } = await accept(admin, ['one', 'two'])
  const held = (n: number) => until(async () => (await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db)).rows.length === n)

  const a = await ending(server, first!)
  await a.held
  const b = await ending(server, second!)
  await held(1)
  t.same(await batchEvents(db), [])
  await a.commit()
  await b.held
  await b.commit()
  const [event, ...more] = await batchEvents(db)
  t.same(more, [])
  t.match(event, { task_id: batchId, user_id: admin.id, detail: { batchId, total: 2, counts: { FAILED: 2 } } })
  const behind = await sql`select from task_events e, task_events b where b.kind = 'batch' and e.kind = 'status' and (e.xid, e.id) > (b.xid, b.id)`.execute(db)
  t.equal(behind.rows.length, 0)
})

t.test('its place is behind an end that a later transaction committed earlier', async t => {
  const server = await startApp(t, { ROLES: 'api', SANDBOX: 'on' })
  const { admin, db } = server
  const { batchId, ids: [first, second] } = await accept(admin, ['one', 'two'])
  await db.transaction().execute(async early => {
    // Its number is given out here, before that of the other.
    await sql`select pg_current_xact_id()`.execute(early)
    await db.transaction().execute(late => failTask(late, first!, 1, 'UPSTREAM_FAILED'))
    await failTask(early, second!, 1, 'UPSTREAM_FAILED')
  })
  const { rows } = await sql<{ kind: string, task_id: string }>`select kind, task_id from task_events where status in ('FAILED', 'COMPLETED') order by xid, id`.execute(db)
  t.same(rows, [{ kind: 'status', task_id: second }, { kind: 'status', task_id: first }, { kind: 'batch', task_id: batchId }])
})

t.test('many batches whose tasks end side by side, some in groups: one event each, and no deadlock', async t => {
  const server = await startApp(t, { SANDBOX_DURATION_MS: '20' })
  const { admin, db } = server
  const batches = await Promise.all(Array.from({ length: 8 }, (_, i) => accept(admin, Array.from({ length: 12 }, (_, j) => j % 3 ? `task ${i} ${j}` : `[[fail]] ${i} ${j}`))))
  await until(async () => (await batchEvents(db)).length >= batches.length, 60_000)
  for (const { ids } of batches) for (const id of ids) t.match((await db.selectFrom('tasks').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status, /COMPLETED|FAILED/)
  t.same((await batchEvents(db)).map(({ detail }) => (detail as { batchId: string }).batchId).sort(), batches.map(({ batchId }) => batchId).sort())
  const { rows } = await sql`select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()`.execute(db)
  t.same(rows, [{ deadlocks: 0 }])
})

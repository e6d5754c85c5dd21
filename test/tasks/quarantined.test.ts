import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const tasks = '/api/video/tasks'
const LONG_MS = 600_000
const PATIENCE_MS = 60_000

t.test('a quarantined task is shown, and a retry asks after the same upstream job again', async t => {
  const { server, upstream, videoId, externalTaskId } = await setUp(t)
  t.match(await read(server, videoId), { status: 'PROCESSING', stage: 'quarantined', externalTaskId })
  t.match((await server.admin.get('/metrics')).body, /reelay_tasks\{status="PROCESSING",stage="quarantined"\} 1/)

  await finish(upstream)
  const retried = await server.admin.post(`${tasks}/${videoId}/retry`)
  t.equal(retried.statusCode, 201)
  t.match(retried.json().data, { videoId, externalTaskId, status: 'processing' })
  t.equal((await server.admin.post(`${tasks}/${videoId}/retry`)).statusCode, 409, 'once is enough')
  await completed(server, videoId)
  t.match(await read(server, videoId), { attempt: 1, externalTaskId })
  t.equal((await upstream.ledger()).length, 1)
  t.same(await suspects(server), [])
})

t.test('the deadline ends a quarantined task unasked; resumed by hand, a late video still completes it', async t => {
  const { server, upstream, videoId, externalTaskId } = await setUp(t)
  const asked = upstream.requests().poll
  await server.db.updateTable('task_attempts').set({ deadline_at: new Date(0) }).where('task_id', '=', videoId).execute()
  await server.waitForTask(videoId, 'FAILED')
  t.match(await read(server, videoId), { errorCode: 'DEADLINE_EXCEEDED' })
  const { events } = (await server.admin.get(`${tasks}/${videoId}/events`)).json().data
  t.match(events.at(-1).detail, { reason: /polling was suspended/ })
  t.equal(upstream.requests().poll, asked)

  await finish(upstream)
  t.match(await resume(server, videoId), { code: 0, out: new RegExp(externalTaskId) })
  await completed(server, videoId)
  t.match(await resume(server, videoId), { code: 1, error: /is not quarantined/ })
  t.match(await resume(server, 'video_of_nobody'), { code: 1, error: /no task/ })
})

t.test('a quarantined task is cancelled and deleted like any other that runs', async t => {
  const { server, videoId } = await setUp(t)
  const { outcome } = (await server.admin.post(`${tasks}/${videoId}/cancel`)).json().data
  t.ok(['cancelled', 'requested'].includes(outcome), outcome)
  await server.waitForTask(videoId, 'CANCELLED')
  t.same(await suspects(server), [])
  t.equal((await server.admin.inject({ method: 'DELETE', url: `${tasks}/${videoId}` })).statusCode, 200)
})

t.test('a suspect that cannot be asked stays one; asked, it is one no more', async t => {
  const { server, upstream, videoId } = await setUp(t)
  await server.db.updateTable('channels').set({ settings: JSON.stringify({ pollsPerSecond: 0.001 }) }).execute()
  await server.db.insertInto('channel_limits').expression(server.db.selectFrom('channels').select(eb => ['id', eb.val(0).as('poll_tokens'), eb.fn<Date>('now', []).as('poll_refilled_at')]).where('name', '=', 'env')).columns(['channel_id', 'poll_tokens', 'poll_refilled_at']).execute()
  const before = upstream.requests().poll
  await server.admin.post(`${tasks}/${videoId}/retry`)
  await until(async () => (await pollOf(server, videoId)).next_poll_at!.getTime() > Date.now() + 100, 'it was put off', PATIENCE_MS)
  t.equal(upstream.requests().poll, before)
  t.match(await suspects(server), [{ task_id: videoId, quarantined_at: null, crashes: 0 }])

  await server.db.updateTable('channels').set({ settings: '{}' }).execute()
  await server.db.updateTable('task_polls').set({ next_poll_at: new Date(0) }).execute()
  await until(async () => (await suspects(server)).length === 0, 'it was asked', PATIENCE_MS)
  const asked = await pollOf(server, videoId)
  t.ok(asked.next_poll_at, 'its chain goes on')
  t.not(asked.lease_until, Infinity)
  await until(async () => await countedPolls(server) === upstream.requests().poll, 'the polls of the process apart are counted too', PATIENCE_MS)
  t.not(upstream.requests().poll, before)
})

/** A quarantined task of a provider that is not done yet. */
async function setUp (t: Parameters<typeof startApp>[0]) {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: LONG_MS, behaviour: { outcome: 'never' } })
  const server = await startApp(t, { ...upstream.env, POLL_MIN_MS: '60000', POLL_MAX_MS: '60000' })
  await server.db.updateTable('channels').set({ settings: JSON.stringify({ cancel: true }) }).where('name', '=', 'env').execute()
  const { videoId, externalTaskId } = await server.admin.createTask({ model: 'sora-2' })
  await server.db.insertInto('poll_suspects').values({ task_id: videoId, attempt: 1, crashes: 3, quarantined_at: new Date() }).execute()
  await server.db.updateTable('task_polls').set({ next_poll_at: null, stage: 'quarantined' }).execute()
  await server.db.updateTable('tasks').set({ stage: 'quarantined' }).execute()
  return { server, upstream, videoId, externalTaskId: externalTaskId! }
}

/** The provider has what it was paid for. */
async function finish (upstream: Awaited<ReturnType<typeof startSandboxUpstream>>): Promise<void> {
  for (const job of await upstream.ledger()) Object.assign(job, { behaviour: {}, duration_ms: 0 })
}

async function read ({ admin }: TestApp, videoId: string) {
  return (await admin.get(`${tasks}/${videoId}`)).json().data
}

async function completed (server: TestApp, videoId: string): Promise<void> {
  await until(async () => (await read(server, videoId)).status === 'COMPLETED', 'it completes', PATIENCE_MS)
}

function suspects ({ db }: TestApp) {
  return db.selectFrom('poll_suspects').selectAll().execute()
}

/** As /metrics tells. */
async function countedPolls ({ admin }: TestApp): Promise<number> {
  const { body } = await admin.get('/metrics')
  return [...body.matchAll(/^reelay_polls_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

function pollOf ({ db }: TestApp, videoId: string) {
  return db.selectFrom('task_polls').selectAll().where('task_id', '=', videoId).executeTakeFirstOrThrow()
}

async function resume ({ databaseUrl }: TestApp, videoId: string) {
  const child = spawn(process.execPath, ['server/admin.ts', 'resume', videoId], { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl } })
  const [code, out, error] = await Promise.all([new Promise(resolve => child.once('close', resolve)), text(child.stdout), text(child.stderr)])
  return { code, out, error }
}

import { Writable } from 'node:stream'
import { sql } from 'kysely'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import t, { type Test } from 'tap'
import { eventsAddress, eventsKey } from '../../../server/channels/events-address.ts'
import { startApp, type TestApp } from '../../support/app.ts'
import { until } from '../../support/polling.ts'
import { SANDBOX_KEY, startSandboxUpstream } from '../../support/sandbox-upstream.ts'

const SECRET = `whsec_${Buffer.alloc(32, 'w').toString('base64')}`
/** Nothing is known of how long its like run and no progress is reported: after a first look, the next is 13.5 s away at least. */
const QUIET = { progress: 'none' } as const
/** Well before that, however busy the machine. */
const SOON_MS = 9_000

interface EventOptions { secret?: string, at?: Date, headers?: Record<string, string> }

/** An event as OpenAI signs it. */
function event (payload: unknown, { secret = SECRET, at = new Date(), headers = {} }: EventOptions = {}) {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const id = `evt_${crypto.randomUUID()}`
  const signature = new Webhook(secret).sign(id, at, body)
  return { payload: body, headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': signature, ...headers } }
}

function about (externalTaskId: string, type = 'video.completed') {
  return { id: 'evt_1', object: 'event', created_at: 1, type, data: { id: externalTaskId } }
}

async function addressOf ({ app, db }: TestApp): Promise<string> {
  const { id } = await db.selectFrom('channels').select('id').where('name', '=', 'env').executeTakeFirstOrThrow()
  return eventsAddress(eventsKey(app.secrets.encryption), id)
}

function post ({ app }: TestApp, url: string, { payload, headers }: { payload: string | Buffer, headers: Record<string, string> }) {
  return app.inject({ method: 'POST', url, payload, headers })
}

async function startTold (t: Test, { durationMs = 600_000, env = {} }: { durationMs?: number, env?: NodeJS.ProcessEnv } = {}, options = {}) {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs, behaviour: QUIET })
  const server = await startApp(t, { POLL_MAX_MS: '30000', ...upstream.env, UPSTREAM_WEBHOOK_SECRET: SECRET, ...env }, options)
  return { upstream, server, url: await addressOf(server) }
}

/** A task that was looked at once and is now left alone for long. */
async function startTask (server: TestApp) {
  const task = await server.admin.createTask()
  await until(async () => (await pollOf(server, task.videoId)).polls > 0, 'the first look')
  return { ...task, externalTaskId: task.externalTaskId! }
}

function pollOf ({ db }: TestApp, videoId: string) {
  return db.selectFrom('task_polls').selectAll().where('task_id', '=', videoId).executeTakeFirstOrThrow()
}

function taskOf ({ db }: TestApp, videoId: string) {
  return db.selectFrom('tasks').selectAll().where('id', '=', videoId).executeTakeFirstOrThrow()
}

async function waitingPolls ({ db }: TestApp): Promise<number> {
  const { rows } = await sql<{ jobs: number }>`select count(*)::int as jobs from pgboss.job where name = 'poll-task' and state = 'created'`.execute(db)
  return rows[0]!.jobs
}

t.test('an event has its job polled at once, and the poll completes the task', async t => {
  const { server, url } = await startTold(t, { durationMs: 1_000 })
  const { videoId, externalTaskId } = await startTask(server)
  await until(async () => Date.now() > (await taskOf(server, videoId)).started_at!.getTime() + 1_200, 'the upstream is done')
  t.equal((await taskOf(server, videoId)).status, 'PROCESSING')

  const before = performance.now()
  const answer = await post(server, url, event(about(externalTaskId)))
  t.equal(answer.statusCode, 204)
  t.equal(answer.body, '')
  await server.waitForTask(videoId, 'COMPLETED')
  const took = performance.now() - before
  t.comment(`completed ${Math.round(took)} ms after the event`)
  t.ok(took < SOON_MS)
  t.equal((await pollOf(server, videoId)).polls, 2)
})

t.test('the sandbox posts such events by itself, of completed and of failed videos', async t => {
  const { upstream, server, url } = await startTold(t, { durationMs: 1_000 })
  const base = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const answer = await fetch(`${upstream.url}/control/events`, { method: 'PUT', headers: { authorization: `Bearer ${SANDBOX_KEY}` }, body: JSON.stringify({ url: base + url, secret: SECRET }) })
  t.equal(answer.status, 200)
  const before = performance.now()
  const [good, bad] = await Promise.all([startTask(server), server.admin.createTask({ prompt: 'a cat [[fail]]' })])
  await server.waitForTask(good.videoId, 'COMPLETED')
  await server.waitForTask(bad.videoId, 'FAILED')
  t.ok(performance.now() - before < SOON_MS)
})

t.test('an event that is not true changes nothing but when is looked', async t => {
  const { server, url } = await startTold(t)
  const { videoId, externalTaskId } = await startTask(server)
  const before = await taskOf(server, videoId)
  for (const type of ['video.completed', 'video.failed']) {
    const { polls } = await pollOf(server, videoId)
    t.equal((await post(server, url, event(about(externalTaskId, type)))).statusCode, 204)
    await until(async () => (await pollOf(server, videoId)).polls > polls, 'a look')
  }
  t.same(await taskOf(server, videoId), before)
  const { next_poll_at: next } = await pollOf(server, videoId)
  t.ok(next!.getTime() > Date.now() + 10_000, 'and the cadence goes on')
})

t.test('a flood of events is no flood of polls', async t => {
  const { upstream, server, url } = await startTold(t, { env: { POLL_MIN_MS: '1000' } })
  const { externalTaskId } = await startTask(server)
  const first = upstream.requests().poll!
  const start = performance.now()
  let events = 0
  while (performance.now() - start < 4_000) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(server, url, event(about(externalTaskId)))))
    t.ok(answers.every(({ statusCode }) => statusCode === 204))
    events += answers.length
  }
  const polls = upstream.requests().poll! - first
  const seconds = (performance.now() - start) / 1000
  t.comment(`${events} events, ${polls} polls in ${seconds.toFixed(1)} s`)
  t.ok(polls > 0 && polls <= Math.ceil(seconds) + 1, `${polls} polls`)
  await until(async () => await waitingPolls(server) === 1, 'the chain goes on, and is one')
})

t.test('an upstream that asked for patience is left in peace', async t => {
  const { upstream, server, url } = await startTold(t)
  const { videoId, externalTaskId } = await startTask(server)
  upstream.behave('poll', { poll: { answer: 429, retryAfter: 60 } })
  await post(server, url, event(about(externalTaskId)))
  await until(async () => (await pollOf(server, videoId)).failures === 1, 'the refusal')
  const { next_poll_at: planned } = await pollOf(server, videoId)
  t.equal((await post(server, url, event(about(externalTaskId)))).statusCode, 204)
  t.same((await pollOf(server, videoId)).next_poll_at, planned)
  t.ok(planned!.getTime() > Date.now() + 30_000)
})

t.test('an event that comes before the acceptance is written counts when it is', async t => {
  const { server, url } = await startTold(t)
  const { videoId, externalTaskId } = await startTask(server)
  const hidden = await server.db.updateTable('task_attempts').set({ external_task_id: 'not yet' }).where('task_id', '=', videoId).executeTakeFirstOrThrow()
  t.equal(hidden.numUpdatedRows, 1n)
  const { polls } = await pollOf(server, videoId)
  t.equal((await post(server, url, event(about(externalTaskId)))).statusCode, 204)
  await server.db.updateTable('task_attempts').set({ external_task_id: externalTaskId }).where('task_id', '=', videoId).execute()
  const before = performance.now()
  await until(async () => (await pollOf(server, videoId)).polls > polls, 'a look')
  t.ok(performance.now() - before < SOON_MS)
})

t.test('an event that comes while a look is under way has another follow', async t => {
  const { upstream, server, url } = await startTold(t)
  const { videoId, externalTaskId } = await startTask(server)
  upstream.behave('poll', { poll: { latencyMs: 1_000 } }, 1)
  await post(server, url, event(about(externalTaskId)))
  await upstream.untilPolled(2)
  const before = performance.now()
  t.equal((await post(server, url, event(about(externalTaskId)))).statusCode, 204)
  await upstream.untilPolled(3)
  t.ok(performance.now() - before < SOON_MS)
  await until(async () => (await pollOf(server, videoId)).polls === 3, 'the third look is written')
})

t.test('a job that nobody knows, one that is over, other events: nothing is done', async t => {
  const { server, url } = await startTold(t, { durationMs: 50 })
  const { videoId, externalTaskId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')
  const before = await taskOf(server, videoId)
  for (const payload of [about('video_unknown'), about(externalTaskId!), about(externalTaskId!, 'video.failed'), { type: 'response.completed', data: {} }]) {
    const answer = await post(server, url, event(payload))
    t.equal(answer.statusCode, 204)
  }
  t.same(await taskOf(server, videoId), before)
  t.equal((await pollOf(server, videoId)).next_poll_at, null)
})

t.test('a wrong secret and a wrong channel are the same nothing, for which nothing is looked up', async t => {
  const { server, url } = await startTold(t)
  const sibling = await server.startSibling(t, { ROLES: 'api' })
  const [channelId, secret] = url.split('/').slice(-2)
  const right = event(about('video_1'))
  // Whatever asks the database now fails.
  await sibling.db.destroy()
  const wrong = [
    `/api/upstream-events/${channelId}/${secret!.slice(0, -1)}`,
    `/api/upstream-events/${channelId}/${secret!.slice(0, -1)}x`,
    `/api/upstream-events/sandbox/${secret}`,
    `/api/upstream-events/nowhere/${secret}`,
    `/api/upstream-events/${encodeURIComponent('渠'.repeat(170))}/${secret}`,
    `/api/upstream-events//${secret}`,
    '/api/upstream-events/a/b'
  ]
  for (const address of wrong) {
    const answer = await post(sibling, address, right)
    t.equal(answer.statusCode, 404, address)
    t.match(answer.json(), { code: 'ROUTE_NOT_FOUND', error: 'There is nothing at POST /api/upstream-events/…' })
  }
  t.not((await post(sibling, url, right)).statusCode, 404, 'the right one is looked up')
})

t.test('what is wrong with an event is said', async t => {
  const { server, url } = await startTold(t)
  const { videoId, externalTaskId } = await startTask(server)
  const { polls } = await pollOf(server, videoId)
  const right = event(about(externalTaskId))
  const { 'webhook-signature': _, ...unsigned } = right.headers
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

  const cases: Array<[string, Parameters<typeof post>[2], number, string]> = [
    ['another secret', event(about(externalTaskId), { secret: `whsec_${Buffer.alloc(32, 'x').toString('base64')}` }), 401, 'EVENT_SIGNATURE_INVALID'],
    ['another body', { ...right, payload: `${right.payload} ` }, 401, 'EVENT_SIGNATURE_INVALID'],
    ['no signature', { ...right, headers: unsigned as Record<string, string> }, 401, 'EVENT_SIGNATURE_INVALID'],
    ['nothing at all', { payload: '', headers: {} }, 401, 'EVENT_SIGNATURE_INVALID'],
    ['too old', event(about(externalTaskId), { at: minutesAgo(6) }), 400, 'EVENT_STALE'],
    ['of the future', event(about(externalTaskId), { at: minutesAgo(-6) }), 400, 'EVENT_STALE'],
    ['no JSON', event('<html>'), 400, 'EVENT_UNREADABLE'],
    ['no event', event([]), 400, 'EVENT_UNREADABLE'],
    ['no id', event({ type: 'video.completed', data: { id: { $ne: 1 } } }), 400, 'EVENT_UNREADABLE'],
    ['an id that is none', event(about('..')), 400, 'EVENT_UNREADABLE'],
    ['a byte too much', event(' '.repeat(256 * 1024 + 1)), 413, 'BODY_TOO_LARGE']
  ]
  for (const [name, delivery, status, code] of cases) {
    const answer = await post(server, url, delivery)
    t.equal(answer.statusCode, status, name)
    t.equal(answer.json().code, code, name)
  }
  t.match((await server.app.inject({ method: 'POST', url, headers: { 'accept-language': 'zh-CN' } })).json(), { error: /签名/ })
  t.equal((await pollOf(server, videoId)).polls, polls, 'and nobody was asked')
})

t.test('the content type does not matter, nor does a body as large as allowed', async t => {
  const { server, url } = await startTold(t)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/cloudevents+json']) {
    t.equal((await post(server, url, event(about('video_1'), { headers: { 'content-type': type } }))).statusCode, 204, type)
  }
  const padded = JSON.stringify(about('video_1')).padEnd(256 * 1024)
  t.equal((await post(server, url, event(padded))).statusCode, 204)
})

t.test('without a signing secret the address alone says who posts', async t => {
  const { server, url } = await startTold(t, { env: { UPSTREAM_WEBHOOK_SECRET: '' } })
  const { videoId, externalTaskId } = await startTask(server)
  const { polls } = await pollOf(server, videoId)
  t.equal((await post(server, url, { payload: JSON.stringify(about(externalTaskId)), headers: {} })).statusCode, 204)
  await until(async () => (await pollOf(server, videoId)).polls > polls, 'a look')
})

t.test('a channel whose provider sends none says so', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const answer = await post(server, await addressOf(server), event(about('video_1')))
  t.equal(answer.statusCode, 404)
  t.equal(answer.json().code, 'EVENTS_UNSUPPORTED')
})

t.test('neither secret is in a log, a metric, an answer or the database', async t => {
  let lines = ''
  const log = pino({ level: 'trace' }, new Writable({ write (chunk, _encoding, done) { lines += chunk; done() } }))
  const { server, url } = await startTold(t, { durationMs: 50 }, { log })
  const { app, admin, db } = server
  const secret = url.split('/').at(-1)!
  const { videoId, externalTaskId } = await admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')

  let answers = ''
  for (const [method, address] of [['GET', url], ['PUT', url], ['POST', `${url}/`], ['POST', url.toUpperCase()], ['POST', `${url}/more`], ['POST', `${url}%zz`], ['POST', `/x${url}?a=b`], ['OPTIONS', url], ['POST', `${url}${'x'.repeat(600)}`]] as const) {
    const answer = await app.inject({ method, url: address, ...event(about(externalTaskId!)) })
    t.ok(answer.statusCode >= 400, `${method} ${address}`)
    answers += answer.body
  }
  for (const delivery of [event(about(externalTaskId!)), event('garbage'), event(' '.repeat(300_000)), event('', { at: new Date(0) })]) answers += (await post(server, url, delivery)).body
  answers += (await admin.get('/metrics')).body
  await db.destroy()
  t.ok((await post(server, url, event(about(externalTaskId!)))).statusCode >= 500)

  t.match(lines, /EVENT_UNREADABLE/, 'there is a log')
  t.match(lines, /request failed/)
  for (const text of [lines, answers]) {
    t.notMatch(text.toLowerCase(), secret.toLowerCase())
    t.notOk(text.includes(SECRET) || text.includes(SECRET.slice(6)))
  }
})

t.test('the signing secret lies sealed, and goes when it is not configured any more', async t => {
  const { server } = await startTold(t)
  const read = () => server.db.selectFrom('channels').selectAll().where('name', '=', 'env').executeTakeFirstOrThrow()
  const { webhook_secret: sealed, settings } = await read()
  t.ok(sealed!.length > SECRET.length && !sealed!.includes(SECRET) && !sealed!.includes(Buffer.alloc(32, 'w')))
  t.same(settings, {})
  await server.startSibling(t, { UPSTREAM_WEBHOOK_SECRET: '' })
  t.equal((await read()).webhook_secret, null)
})

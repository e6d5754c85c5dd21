import t from 'tap'
import { startApp } from '../../../support/app.ts'
import { png } from '../../../support/images.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t)
const server = await startApp(t, upstream.env)
const { admin, login, waitForTask } = server

let keys = 0
const newKey = () => ({ 'idempotency-key': `key-${++keys}` })
const withoutTime = ({ requestTime, ...answer }: Record<string, unknown>) => answer

t.test('the same key and body get the same answer, whatever changed since', async t => {
  const key = newKey()
  const first = await admin.post(TASKS, { prompt: 'once' }, key)
  await waitForTask(first.json().data.videoId, 'COMPLETED')
  const second = await admin.post(TASKS, { prompt: 'once' }, key)
  t.equal(second.statusCode, 201)
  t.same(withoutTime(second.json()), withoutTime(first.json()))
  t.equal(second.headers.location, first.headers.location)
  t.equal(await upstream.timesPaid('once'), 1)
})

t.test('a body is the same by what it says, not by how', async t => {
  const key = newKey()
  const first = await admin.post(TASKS, '{"prompt":"said","duration":15,"metadata":{"a":1,"b":2}}', { ...key, 'content-type': 'application/json' })
  const form = new FormData()
  for (const [name, value] of Object.entries({ metadata: '{"b":2,"a":1}', duration: '15', prompt: 'said' })) form.append(name, value)
  const second = await admin.post(TASKS, form, key)
  t.equal(second.json().data.videoId, first.json().data.videoId)
  t.equal(await upstream.timesPaid('said'), 1)
})

t.test('20 racers make one task, paid once', async t => {
  const key = newKey()
  const answers = await Promise.all(Array.from({ length: 20 }, () => admin.post(TASKS, { prompt: 'raced' }, key)))
  t.same(new Set(answers.map(answer => answer.statusCode)), new Set([201]))
  t.equal(new Set(answers.map(answer => JSON.stringify(answer.json().data))).size, 1)
  t.equal(await upstream.timesPaid('raced'), 1)
  t.equal((await admin.get(`${TASKS}?q=raced`)).json().data.tasks.length, 1)
})

t.test('racers on two processes make one task, paid once', async t => {
  const sibling = await server.startSibling(t)
  const [key, headers] = [newKey(), { authorization: admin.authorization }]
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) =>
    (i % 2 ? server : sibling).app.inject({ method: 'POST', url: TASKS, payload: { prompt: 'raced by two' }, headers: { ...headers, ...key } })))
  t.equal(new Set(answers.map(answer => answer.json().data.videoId)).size, 1)
  t.equal(await upstream.timesPaid('raced by two'), 1)
})

t.test('another body under the same key is a conflict', async t => {
  const key = newKey()
  const source = await waitForTask((await admin.createTask()).videoId, 'COMPLETED')
  await admin.post(TASKS, { prompt: 'mine' }, key)
  const image = `data:image/png;base64,${png(720, 1280).toString('base64')}`
  for (const [url, body] of [[TASKS, { prompt: 'other' }], [TASKS, { prompt: 'mine', seed: 1 }], [TASKS, { prompt: 'mine', inputReference: image }], [`${TASKS}/${source.id}/remix`, { prompt: 'mine' }]] as const) {
    const response = await admin.post(url, body, key)
    t.equal(response.statusCode, 409)
    t.match(response.json(), { code: 'IDEMPOTENCY_KEY_REUSED', hint: /\S/ })
  }
  t.equal(await upstream.timesPaid('other'), 0)
  t.equal(await upstream.timesPaid('mine'), 1)
})

t.test('a refusal is kept as well, and answered again', async t => {
  const key = newKey()
  const prompt = '[[refuse]] kept'
  const [first, second] = [await admin.post(TASKS, { prompt }, key), await admin.post(TASKS, { prompt }, key)]
  t.equal(first.statusCode, 422)
  t.equal(second.statusCode, 422)
  t.equal(second.json().videoId, first.json().videoId)
  t.equal(second.json().error, first.json().error)
  t.equal(upstream.requests().create, (await upstream.ledger()).length + 1, 'the upstream was asked once')
})

t.test('a request that was not valid leaves its key free', async t => {
  const key = newKey()
  t.equal((await admin.post(TASKS, { prompt: '' }, key)).statusCode, 400)
  t.equal((await admin.post(TASKS, { prompt: 'valid now' }, key)).statusCode, 201)
})

t.test('a key belongs to its user', async t => {
  const key = newKey()
  const mine = await admin.post(TASKS, { prompt: 'shared key' }, key)
  const theirs = await (await login()).post(TASKS, { prompt: 'shared key' }, key)
  t.not(theirs.json().data.videoId, mine.json().data.videoId)
})

t.test('clientRequestId does the same, for remixes too', async t => {
  const source = await waitForTask((await admin.createTask()).videoId, 'COMPLETED')
  const remix = () => admin.post(`${TASKS}/${source.id}/remix`, { prompt: 'remixed once', clientRequestId: 'c-1' })
  const [first, second] = [await remix(), await remix()]
  t.equal(second.json().data.videoId, first.json().data.videoId)
  t.equal(second.json().data.remixed_from, source.id)
  t.equal(await upstream.timesPaid('remixed once'), 1)
  t.equal((await admin.get(`${TASKS}/${first.json().data.videoId}`)).json().data.clientRequestId, 'c-1')
})

/** As if the process of the first request had died before it could answer. */
function forgetReply (key: { 'idempotency-key': string }, ageMs = 0) {
  return server.db
    .updateTable('idempotency_keys')
    .set({ reply_status: null, reply_body: null, created_at: new Date(Date.now() - ageMs) as never })
    .where('key', '=', key['idempotency-key'])
    .execute()
}

t.test('a repeat does not wait for an answer that was never given, once it is known what became of the task', async t => {
  const key = newKey()
  const first = await admin.post(TASKS, { prompt: 'answer lost' }, key)
  await forgetReply(key)
  const begun = performance.now()
  const second = await admin.post(TASKS, { prompt: 'answer lost' }, key)
  t.ok(performance.now() - begun < 10_000, 'not the 20 s that a request in flight is waited for')
  t.equal(second.statusCode, 201)
  t.same(second.json().data, first.json().data)
  t.equal(await upstream.timesPaid('answer lost'), 1)
})

t.test('nor for one whose task waits for its turn: the request cannot be in flight any more', async t => {
  const key = newKey()
  const channels = server.db.updateTable('channels').where('name', '=', 'env')
  await channels.set({ settings: JSON.stringify({ concurrency: 0 }) }).execute()
  t.teardown(() => channels.set({ settings: '{}' }).execute())
  const first = await admin.post(TASKS, { prompt: 'in line' }, key)
  await forgetReply(key, 60_000)
  const begun = performance.now()
  const second = await admin.post(TASKS, { prompt: 'in line' }, key)
  t.ok(performance.now() - begun < 10_000)
  t.match(second.json().data, { videoId: first.json().data.videoId, status: 'queued', externalTaskId: null })
})

t.test('a repeat of a request in flight is answered with it', async t => {
  const key = newKey()
  upstream.behave('create', { create: { latencyMs: 1_000 } }, 1)
  const first = admin.post(TASKS, { prompt: 'slow answer' }, key)
  await upstream.untilPaid((await upstream.ledger()).length + 1)
  const second = await admin.post(TASKS, { prompt: 'slow answer' }, key)
  t.same(second.json().data, (await first).json().data)
  t.equal(second.json().data.status, 'processing')
})

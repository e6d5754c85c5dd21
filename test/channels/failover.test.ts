import t, { type Test } from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { addChannel, changeChannel, readMoves } from '../support/channels.ts'
import { startSandboxUpstream, type SandboxUpstream } from '../support/sandbox-upstream.ts'

const server = await startApp(t)

/** Two channels that are the only ones for this test, the first preferred. */
async function startPair (t: Test) {
  const first = await startSandboxUpstream(t)
  const second = await startSandboxUpstream(t)
  const ids = { first: await addOwn(t, first, { priority: 1 }), second: await addOwn(t, second) }
  const ledgers = async () => [(await first.ledger()).length, (await second.ledger()).length]
  return { first, second, ids, ledgers }
}

async function addOwn (t: Test, upstream: SandboxUpstream, more: object = {}): Promise<string> {
  const id = await addChannel(server, upstream, more)
  t.teardown(() => server.admin.inject({ method: 'DELETE', url: `/api/channels/${id}` }))
  return id
}

const attemptsOf = ({ db }: TestApp, videoId: string) => db.selectFrom('task_attempts').selectAll().where('task_id', '=', videoId).orderBy('attempt').execute()

const CASES = [
  { create: { answer: 401 }, because: 'auth', left: { state: 'refused', error_code: 'UPSTREAM_AUTH' } },
  { create: { answer: 402 }, because: 'quota', left: { state: 'refused', error_code: 'UPSTREAM_REFUSED' } },
  { create: { answer: 429, retryAfter: 60 }, because: 'rate_limit', left: { state: 'unsent', error_code: 'RATE_LIMITED' } }
]
for (const { create, because, left } of CASES) {
  t.test(`a refusal that speaks of the channel (${because}) moves the task to the next one, within its deadline`, async t => {
    const { first, ids, ledgers } = await startPair(t)
    first.behave('create', { create })
    const key = { 'idempotency-key': because }
    const reply = await server.admin.post('/api/video/tasks', { prompt: because }, key)
    t.equal(reply.statusCode, 201, because)
    const { videoId, status } = reply.json().data
    t.equal(status, 'processing')
    t.match((await server.admin.get(`/api/video/tasks/${videoId}`)).json().data, { channelId: ids.second, attempt: 2 })
    t.same((await readMoves(server, videoId)), [
      { choice: { channelId: ids.first, reason: 'priority' } },
      { movedFrom: ids.first, because, choice: { channelId: ids.second, reason: 'only' } }
    ])
    const attempts = await attemptsOf(server, videoId)
    t.match(attempts, [{ channel_id: ids.first, ...left }, { channel_id: ids.second, state: 'accepted' }])
    t.same(attempts[0]!.deadline_at, attempts[1]!.deadline_at)
    t.same((await server.admin.post('/api/video/tasks', { prompt: because }, key)).json().data, reply.json().data, 'the same answer again')

    await server.admin.createTask({ prompt: 'next' })
    t.equal(first.requests().create, 1, 'others go elsewhere at once')
    t.same(await ledgers(), [0, 2])
    await server.waitForTask(videoId, 'COMPLETED')
  })
}

t.test('a refusal that speaks of the request is final', async t => {
  const { ids, ledgers, second } = await startPair(t)
  const refused = await server.admin.post('/api/video/tasks', { prompt: '[[refuse]] x' })
  t.match(refused.json(), { code: 'UPSTREAM_REFUSED' })
  const { channelId, attempt } = (await server.admin.get(`/api/video/tasks/${refused.json().videoId}`)).json().data
  t.same([channelId, attempt], [ids.first, 1])
  t.equal(second.requests().create, undefined)
  t.same(await ledgers(), [0, 0])
})

t.test('an outcome that is not known is never sent elsewhere', async t => {
  const { first, ids, ledgers } = await startPair(t)
  first.behave('create', { create: { answer: 502 } })
  const { videoId } = await server.admin.createTask()
  t.match(await server.waitForTask(videoId, 'FAILED'), { error_code: 'SUBMISSION_UNCONFIRMED', channel_id: ids.first, attempt: 1 })
  t.equal((await ledgers())[1], 0)
})

t.test('a channel that the client names is the only one, and so is the source\'s', async t => {
  const { first, ids, ledgers } = await startPair(t)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')
  first.behave('create', { create: { answer: 401 } })

  const refused = await server.admin.post('/api/video/tasks', { prompt: 'only there', channelId: ids.first })
  t.equal(refused.json().code, 'UPSTREAM_AUTH')
  t.same(await readMoves(server, refused.json().videoId), [{ choice: { channelId: ids.first, reason: 'asked' } }])
  const remix = await server.admin.post(`/api/video/tasks/${videoId}/remix`, { prompt: 'more' })
  t.equal(remix.json().code, 'UPSTREAM_AUTH')
  t.same(await readMoves(server, remix.json().videoId), [{ choice: { channelId: ids.first, reason: 'source' } }])

  await changeChannel(server, ids.first, { enabled: false })
  t.equal((await server.admin.post(`/api/video/tasks/${refused.json().videoId}/retry`)).json().code, 'CHANNEL_NOT_FOUND')
  t.same(await ledgers(), [1, 0])
})

t.test('when every channel refuses the last word counts; where one only had no time the task waits for it', async t => {
  const { first, second, ids, ledgers } = await startPair(t)
  first.behave('create', { create: { answer: 401 } })
  second.behave('create', { create: { answer: 402 } })
  const refused = await server.admin.post('/api/video/tasks', { prompt: 'nobody' })
  t.equal(refused.json().code, 'UPSTREAM_REFUSED')
  t.equal((await attemptsOf(server, refused.json().videoId)).length, 2)

  await server.db.updateTable('channel_limits').set({ refused_until: null }).execute()
  first.forgetBehaviours()
  first.behave('create', { create: { answer: 429, retryAfter: 1 } }, 1)
  const { videoId } = await server.admin.createTask({ prompt: 'waits' })
  t.match(await server.waitForTask(videoId, 'COMPLETED'), { channel_id: ids.first, attempt: 3 })
  t.same(await ledgers(), [1, 0])
})

t.test('tasks that a disabled channel had not sent yet go to another one; those it has stay', async t => {
  const first = await startSandboxUpstream(t, { durationMs: 1_500 })
  const id = await addOwn(t, first, { concurrency: 1 })
  const running = await server.admin.createTask({ prompt: 'running' })
  const waiting = await server.admin.createTask({ prompt: 'waiting' })
  t.same([running.status, waiting.status], ['processing', 'queued'])

  const second = await startSandboxUpstream(t)
  const other = await addOwn(t, second)
  await changeChannel(server, id, { enabled: false })
  t.match(await server.waitForTask(waiting.videoId, 'COMPLETED'), { channel_id: other })
  t.match(await server.waitForTask(running.videoId, 'COMPLETED'), { channel_id: id, attempt: 1 })
  t.same([(await first.ledger()).map(job => job.prompt), (await second.ledger()).map(job => job.prompt)], [['running'], ['waiting']])
})

t.test('a batch is shared out among equals as far as each has room', async t => {
  const upstreams = [await startSandboxUpstream(t), await startSandboxUpstream(t)]
  const ids = []
  for (const upstream of upstreams) ids.push(await addOwn(t, upstream, { concurrency: 5 }))
  const items = Array.from({ length: 10 }, (_, at) => ({ prompt: `item ${at}` }))
  const batch = (await server.admin.post('/api/video/batches', { items })).json().data.items as Array<{ videoId: string }>
  const chosen = await server.db.selectFrom('task_attempts').select('channel_id').where('channel_id', 'in', ids).execute()
  t.same(Object.values(Object.groupBy(chosen, row => row.channel_id)).map(rows => rows!.length), [5, 5])
  t.match(await readMoves(server, batch[0]!.videoId), [{ choice: { reason: 'weight' } }])
  for (const { videoId } of batch) await server.waitForTask(videoId, 'COMPLETED')
})

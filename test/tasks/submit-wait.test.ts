import t from 'tap'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const tasks = '/api/video/tasks'

t.test('with SUBMIT_WAIT_MS=0 the receipt waits for no answer, and the task goes on', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, { ...upstream.env, SUBMIT_WAIT_MS: '0' })
  upstream.behave('create', { create: { latencyMs: 500 } }, 1)
  const key = { 'idempotency-key': 'no wait' }
  const first = await server.admin.post(tasks, { prompt: 'at once' }, key)
  t.match(first.json().data, { status: 'queued', externalTaskId: null })
  const { videoId } = first.json().data
  await server.waitForTask(videoId, 'COMPLETED')
  t.match((await server.admin.post(tasks, { prompt: 'at once' }, key)).json().data, { videoId, status: 'queued' }, 'the first answer, as it was')
  t.equal(await upstream.timesPaid('at once'), 1)
})

t.test('a client that goes away changes nothing', async t => {
  const upstream = await startSandboxUpstream(t)
  const { app, db, admin, waitForTask } = await startApp(t, upstream.env)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  upstream.behave('create', { create: { latencyMs: 1_000, accepted: true } }, 1)
  const client = new AbortController()
  const request = fetch(url + tasks, {
    method: 'POST',
    headers: { authorization: admin.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'nobody waits' }),
    signal: client.signal
  })
  await upstream.untilPaid(1)
  client.abort()
  await t.rejects(request)

  const { id } = await db.selectFrom('tasks').select('id').executeTakeFirstOrThrow()
  await waitForTask(id, 'COMPLETED')
  t.equal(await upstream.timesPaid('nobody waits'), 1)
})

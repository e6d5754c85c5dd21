import t from 'tap'
import { startApp } from '../support/app.ts'
import { addChannel } from '../support/channels.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { closedPort, json, startScriptedServer, text } from '../support/scripted-server.ts'

const server = await startApp(t)
const check = async (id: string) => (await server.admin.post(`/api/channels/${id}/test`)).json().data

t.test('a test proves address and key and makes nothing', async t => {
  for (const type of ['sora-relay', 'openai'] as const) {
    const upstream = await startSandboxUpstream(t, { type })
    t.match(await check(await addChannel(server, upstream)), { ok: true, latencyMs: Number, error: null }, type)
    t.match(await check(await addChannel(server, upstream, { apiKey: 'wrong' })), { ok: false, error: { class: 'auth', httpStatus: 401 } })
    t.equal((await upstream.ledger()).length, 0)
    await upstream.die()
  }
})

t.test('it says what is wrong', async t => {
  const scripted = await startScriptedServer(t)
  const relay = await addChannel(server, { type: 'sora-relay', baseUrl: scripted.url })
  const cases = [
    [text('<html>Not Found</html>', 404, { 'content-type': 'text/html' }), 'unreadable'],
    [text('<html>Welcome</html>'), 'unreadable'],
    [json({ error: { message: 'no credit, billing' } }, 402), 'quota'],
    [json({ message: 'slow down' }, 429), 'rate_limit'],
    [json({ message: 'oops' }, 503), 'unavailable'],
    [json({ message: 'the key sk-upstream-secret is not allowed' }, 403), 'auth']
  ] as const
  for (const [answer, expected] of cases) {
    scripted.answer = answer
    const report = await check(relay)
    t.match(report, { ok: false, error: { class: expected } })
    t.notMatch(JSON.stringify(report), 'sk-upstream-secret')
  }
  const nobody = await addChannel(server, { type: 'openai', baseUrl: `http://127.0.0.1:${await closedPort()}/v1` })
  t.match(await check(nobody), { ok: false, error: { class: 'unavailable', httpStatus: null } })
  t.match((await server.admin.post('/api/channels/nope/test')).json(), { code: 'CHANNEL_NOT_FOUND' })
})

t.test('health tells what came of the last tasks, whichever process answers', async t => {
  const upstream = await startSandboxUpstream(t)
  const id = await addChannel(server, upstream)
  const good = await server.admin.createTask({ channelId: id })
  const bad = await server.admin.createTask({ channelId: id, prompt: '[[fail]] x' })
  await server.admin.post('/api/video/tasks', { channelId: id, prompt: '[[refuse]] x' })
  await server.waitForTask(good.videoId, 'COMPLETED')
  await server.waitForTask(bad.videoId, 'FAILED')

  const health = (await server.admin.get(`/api/channels/${id}/health`)).json().data
  t.match(health, {
    minutes: 60,
    successRate: 0.5,
    submissions: { sent: 3, accepted: 2, refused: 1, unsent: 0, unknown: 0 },
    results: { completed: 1, failed: 1 },
    latencyMs: { accept: { p50: Number, p95: Number }, complete: { p50: Number } },
    tasks: { queued: 0, submitting: 0, running: 0, failingPolls: 0 },
    refusedUntil: null,
    lastError: { code: /UPSTREAM/ },
    thisProcess: { breaker: 'closed' }
  })
  const sibling = await server.startSibling(t, { ROLES: 'api' })
  const { thisProcess, ...shared } = (await sibling.admin.get(`/api/channels/${id}/health`)).json().data
  const { thisProcess: _own, ...told } = health
  t.same(shared, told)
  t.same(thisProcess.polls, {})
  t.equal((await server.admin.get(`/api/channels/${id}/health?minutes=0`)).statusCode, 400)
})

import t, { type Test } from 'tap'
import { createEgress } from '../../server/upstreams/egress.ts'
import { askForState } from '../../server/upstreams/polling.ts'
import { closedPort, drop, json, startScriptedServer, text, type Answer } from '../support/scripted-server.ts'

function build (t: Test) {
  const egress = createEgress()
  t.teardown(() => egress.close())
  return (url: string, signal = new AbortController().signal) => askForState({
    egress,
    apiKey: 'secret-key',
    call: { method: 'GET', url, policy: { trust: 'channel' }, signal, timeouts: { headers: 50 } },
    readState: body => body.status === 'ok' ? { state: 'running', stage: 'generating' } : undefined
  })
}

t.test('a reply that says nothing about the job is never more than unavailable', async t => {
  const cases: [string, Answer, object][] = [
    ['a state', json({ status: 'ok' }), { state: 'running', stage: 'generating' }],
    ['202 and nothing yet', text('', 202), { state: 'running', stage: 'waiting' }],
    ['not found', json({ error: { message: 'no such video' } }, 404), { state: 'missing', failure: { class: 'lost', message: 'no such video' } }],
    ['gone', json({}, 410), { state: 'missing' }],
    ['unauthorized', json({ error: 'bad key' }, 401), { state: 'unavailable', failure: { class: 'auth', httpStatus: 401 } }],
    ['forbidden', text('', 403), { state: 'unavailable', failure: { class: 'auth' } }],
    ['too many', text('', 429, { 'retry-after': '9' }), { state: 'unavailable', failure: { class: 'rate_limit', retryAfterMs: 9000 } }],
    ['busy', text('', 503, { 'retry-after': '99999999' }), { state: 'unavailable', failure: { class: 'unavailable', retryAfterMs: 600_000 } }],
    ['a bad request', json({ error: { message: 'what?' } }, 400), { state: 'unavailable' }],
    ['a broken proxy', text('<html>502</html>', 502), { state: 'unavailable', failure: { class: 'unavailable' } }],
    ['a redirect', text('', 302, { location: 'http://169.254.169.254/' }), { state: 'unavailable' }],
    ['HTML with 200', text('<html></html>'), { state: 'unavailable', failure: { class: 'unreadable' } }],
    ['half a JSON', text('{"status":"o'), { state: 'unavailable', failure: { class: 'unreadable' } }],
    ['JSON without a state', json({ hello: 1 }), { state: 'unavailable', failure: { class: 'unreadable' } }],
    ['a list', json([]), { state: 'unavailable' }],
    ['deep JSON', text('['.repeat(200_000)), { state: 'unavailable' }],
    ['nothing with 200', text(''), { state: 'unavailable' }],
    ['a flood', text('x'.repeat(2 * 1024 * 1024 + 1)), { state: 'unavailable', failure: { class: 'unreadable' } }],
    ['a reset', drop(), { state: 'unavailable', failure: { class: 'unavailable' } }],
    ['no answer', () => {}, { state: 'unavailable', failure: { message: 'the upstream did not answer in time' } }]
  ]
  const server = await startScriptedServer(t)
  const ask = build(t)
  for (const [name, answer, expected] of cases) {
    server.answer = answer
    t.match(await ask(server.url), expected, name)
  }
  t.match(await ask(`http://127.0.0.1:${await closedPort()}/`), { state: 'unavailable', failure: { class: 'unavailable' } })
})

t.test('an abort by the caller is thrown, not told of the upstream', async t => {
  const controller = new AbortController()
  const server = await startScriptedServer(t, () => controller.abort())
  await t.rejects(build(t)(server.url, controller.signal), { name: 'EgressError' })
})

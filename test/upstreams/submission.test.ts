import t, { type Test } from 'tap'
import { createEgress } from '../../server/upstreams/egress.ts'
import { readExternalId } from '../../server/upstreams/replies.ts'
import { submit } from '../../server/upstreams/submission.ts'
import { closedPort, drop, json, startScriptedServer, startTcpServer, text, type Answer } from '../support/scripted-server.ts'

const KEY = 'secret-key'

function build (t: Test) {
  const egress = createEgress()
  t.teardown(() => egress.close())
  return (url: string, signal = new AbortController().signal, headersMs = 20_000) => submit({
    egress,
    apiKey: KEY,
    sendBy: undefined,
    call: { method: 'POST', url, body: 'paid', policy: { trust: 'channel' }, signal, timeouts: { headers: headersMs } },
    readAccepted: body => {
      const externalTaskId = readExternalId(body.id)
      return externalTaskId ? { externalTaskId } : undefined
    }
  })
}

t.test('every reply to a submission is one of: accepted, refused, unknown', async t => {
  const cases: [string, Answer, object][] = [
    ['an id', json({ id: 'video_1' }), { outcome: 'accepted', externalTaskId: 'video_1' }],
    ['an id with 202', json({ id: 'video_1' }, 202), { outcome: 'accepted' }],
    ['an id beside an error: polls will tell', json({ id: 'video_1', status: 'failed', error: { message: 'no' } }), { outcome: 'accepted' }],
    ['an error with 200 and no id', json({ error: { message: 'no', code: 'bad' } }), { outcome: 'refused', failure: { class: 'invalid_input', code: 'bad', message: 'no', httpStatus: 200 } }],
    ['an error with 200 and an empty id', json({ id: '', error: 'no' }), { outcome: 'refused' }],
    ['a moderation error with 200', json({ error: { code: 'moderation_blocked', message: 'no' } }), { outcome: 'refused', failure: { class: 'moderation' } }],
    ['a flat error with 200', json({ code: 'get_channel_failed', message: 'no channel' }), { outcome: 'refused' }],
    ['a detail with 200', json({ detail: 'no' }), { outcome: 'refused' }],
    ['neither id nor error', json({ status: 'queued' }), { outcome: 'unknown', failure: { class: 'unreadable' } }],
    ['a flat success without an id', json({ code: 'success', message: 'ok' }), { outcome: 'unknown' }],
    ['an empty error and no id', json({ error: null }), { outcome: 'unknown' }],
    ['an id that is a path', json({ id: '..' }), { outcome: 'unknown' }],
    ['an id with a line end', json({ id: 'a\nb' }), { outcome: 'unknown' }],
    ['an id of the wrong type', json({ id: { a: 1 } }), { outcome: 'unknown' }],
    ['a list', json([{ id: 'video_1' }]), { outcome: 'unknown' }],
    ['null', json(null), { outcome: 'unknown' }],
    ['HTML with 200', text('<html>login</html>'), { outcome: 'unknown', failure: { class: 'unreadable' } }],
    ['half a JSON', text('{"id":"vid'), { outcome: 'unknown' }],
    ['nothing with 200', text(''), { outcome: 'unknown' }],
    ['nothing with 204', text('', 204), { outcome: 'unknown' }],
    ['a flood', text('x'.repeat(2 * 1024 * 1024 + 1)), { outcome: 'unknown', failure: { class: 'unreadable' } }],
    ['an unasked gzip', text('x', 200, { 'content-encoding': 'gzip' }), { outcome: 'unknown' }],
    ['a reset', drop(), { outcome: 'unknown', failure: { class: 'unavailable' } }],
    ['a redirect to elsewhere', json({}, 302, { location: '/login' }), { outcome: 'refused', failure: { class: 'unavailable', message: /base URL/ } }],
    ['a redirect that keeps the method', json({}, 308, { location: 'https://elsewhere.test/' }), { outcome: 'refused' }],
    ['a pointer to what was made', json({}, 303, { location: '/videos/1' }), { outcome: 'unknown' }],
    ['not modified', text('', 304), { outcome: 'unknown' }],
    ['an idempotency conflict', json({ error: { code: 'idempotency_key_in_use', message: 'Another request is in progress' } }, 409), { outcome: 'unknown' }],
    ['another conflict', json({ error: { message: 'source is not completed' } }, 409), { outcome: 'refused', failure: { class: 'invalid_input' } }],
    ['a refusal in HTML', text('<h1>Forbidden</h1>', 403), { outcome: 'refused', failure: { class: 'auth', message: 'Forbidden' } }],
    ['a refusal that echoes the key', json({ error: { message: `Incorrect API key provided: ${KEY}` } }, 401), { outcome: 'refused', failure: { class: 'auth', message: 'Incorrect API key provided: [redacted]' } }],
    ['too many', json({ error: { message: 'slow down' } }, 429, { 'retry-after': '3' }), { outcome: 'refused', failure: { class: 'rate_limit', retryAfterMs: 3000, httpStatus: 429 } }],
    ['no money', json({ error: { code: 'insufficient_quota', message: 'pay' } }, 429), { outcome: 'refused', failure: { class: 'quota' } }]
  ]
  const server = await startScriptedServer(t)
  const send = build(t)
  for (const [name, answer, expected] of cases) {
    server.answer = answer
    const before = server.requests.length
    t.match(await send(server.url), expected, name)
    t.equal(server.requests.length, before + 1, `${name}: sent once`)
  }
})

t.test('a documented 4xx is a refusal, every other status is doubt', async t => {
  const server = await startScriptedServer(t)
  const send = build(t)
  for (const status of [400, 401, 402, 403, 404, 405, 413, 415, 422, 429]) {
    server.answer = json({ error: { message: 'no' } }, status)
    t.match(await send(server.url), { outcome: 'refused', failure: { httpStatus: status } }, String(status))
  }
  for (const status of [408, 418, 425, 444, 499, 500, 501, 502, 503, 504, 520, 529]) {
    server.answer = json({ error: { message: 'no' } }, status)
    t.match(await send(server.url), { outcome: 'unknown', failure: { httpStatus: status } }, String(status))
  }
})

t.test('what was never sent is said so', async t => {
  const send = build(t)
  t.match(await send(`http://127.0.0.1:${await closedPort()}/`), { outcome: 'unsent', failure: { class: 'unavailable', message: 'the upstream could not be reached' } })
  t.match(await send('http://127.0.0.1/', AbortSignal.abort()), { outcome: 'unsent' })
})

t.test('what may have been sent is unknown: no answer, a connection closed at once, a caller who gave up', async t => {
  const send = build(t)
  const silent = await startScriptedServer(t, () => {})
  t.match(await send(silent.url, undefined, 50), { outcome: 'unknown', failure: { message: 'the upstream did not answer in time' } })

  const closing = await startTcpServer(t, socket => socket.end())
  t.match(await send(closing.url), { outcome: 'unknown' })

  const controller = new AbortController()
  silent.answer = () => controller.abort()
  t.match(await send(silent.url, controller.signal), { outcome: 'unknown' })
})

import t, { type Test } from 'tap'
import { createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import { closedPort, json, startScriptedServer, text, type Answer } from '../support/scripted-server.ts'

const { signal } = new AbortController()

function upstreamAt (t: Test, url: string, settings = {}) {
  const egress = createEgress()
  t.teardown(() => egress.close())
  return createUpstream('openai', { channelId: 'c1', baseUrl: `${url}/v1`, apiKey: 'secret-key', settings }, egress)
}

async function pollMany (t: Test, answer: Answer, ids: string[], after?: string) {
  const server = await startScriptedServer(t, answer)
  const page = await upstreamAt(t, server.url).pollMany!(ids.map(externalTaskId => ({ externalTaskId })), signal, after)
  return { server, page }
}

t.test('what one page says of the jobs asked for, and only of them', async t => {
  const { server, page } = await pollMany(t, json({
    data: [
      { id: 'a', status: 'in_progress', progress: 40 },
      { id: 'other', status: 'completed' },
      { id: 'b', status: 'completed', url: 'https://files.example/b.mp4' }
    ],
    has_more: false
  }, 200, { 'openai-poll-after-ms': '3000' }), ['a', 'b', 'c'])
  t.same(page, {
    state: 'listed',
    polls: new Map<string, object>([
      ['a', { state: 'running', stage: 'generating', progress: 40, queuePosition: undefined, pollAfterMs: 3000 }],
      ['b', { state: 'completed', result: { videoUrl: 'https://files.example/b.mp4' } }]
    ]),
    next: undefined
  })
  t.equal(server.requests[0]!.path, '/v1/videos?limit=100&order=desc')
  t.equal(server.requests[0]!.headers.authorization, 'Bearer secret-key')
})

t.test('an entry that cannot be read spoils no other, and counts as not shown', async t => {
  const { page } = await pollMany(t, json({
    data: [null, 7, { status: 'completed' }, { id: '..', status: 'completed' }, { id: 'silent' }, { id: 'strange', status: 'archived' }, { id: 'twice', status: 'queued' }, { id: 'a', status: 'queued' }, { id: 'twice', status: 'failed' }]
  }), ['a', 'silent', 'strange', 'twice', '..'])
  t.same(page.state === 'listed' && [...page.polls.keys()], ['a'])
})

t.test('the next page begins after the last job of this one', async t => {
  const full = Array.from({ length: 100 }, (_, index) => ({ id: `video_${index}`, status: 'queued' }))
  const more = await pollMany(t, json({ data: full, has_more: true }), ['video_5'])
  t.match(more.page, { state: 'listed', next: 'video_99' })
  const bare = await pollMany(t, json({ data: full }), ['video_5'], 'video 1')
  t.match(bare.page, { state: 'listed', next: 'video_99' })
  t.equal(bare.server.requests[0]!.path, '/v1/videos?limit=100&order=desc&after=video+1')
  for (const body of [{ data: full, has_more: false }, { data: [], has_more: true }, { data: full.slice(1) }]) {
    const { page } = await pollMany(t, json(body), ['video_5'])
    t.equal(page.state === 'listed' && page.next, undefined)
  }
})

t.test('a page with the longest prompts there are is read', async t => {
  const data = Array.from({ length: 100 }, (_, index) => ({ id: `video_${index}`, status: 'queued', prompt: '猫'.repeat(32_000) }))
  const { page } = await pollMany(t, json({ data }), ['video_99'])
  t.equal(page.state === 'listed' && page.polls.size, 1)
})

t.test('what is no list is unavailable', async t => {
  const cases: [Answer, object][] = [
    [json({ error: { message: 'bad secret-key' } }, 401), { class: 'auth', message: 'bad [redacted]' }],
    [text('Not Found', 404), { class: 'invalid_input', httpStatus: 404 }],
    [json({}, 429, { 'retry-after': '9' }), { class: 'rate_limit', retryAfterMs: 9000 }],
    [text('<html></html>', 503), { class: 'unavailable', httpStatus: 503 }],
    [text('<html></html>'), { class: 'unreadable' }],
    [json({ data: {} }), { class: 'unreadable' }],
    [response => { response.destroy() }, { class: 'unavailable', httpStatus: undefined }]
  ]
  for (const [answer, failure] of cases) {
    const { page } = await pollMany(t, answer, ['a'])
    t.match(page, { state: 'unavailable', failure })
  }
  const away = upstreamAt(t, `http://127.0.0.1:${await closedPort()}`)
  t.match(await away.pollMany!([], signal), { state: 'unavailable', failure: { class: 'unavailable' } })
})

t.test('dialects without a list, and channels that do not want it, have none', t => {
  t.equal(upstreamAt(t, 'http://x', { dialect: 'new-api' }).pollMany, undefined)
  t.equal(upstreamAt(t, 'http://x', { pollMany: false }).pollMany, undefined)
  t.match(upstreamAt(t, 'http://x', { pollMany: false }).capabilities, { list: true, pollMany: false })
  t.end()
})

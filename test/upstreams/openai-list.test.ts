import t, { type Test } from 'tap'
import { createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import { json, startScriptedServer, text, type Answer } from '../support/scripted-server.ts'

const signal = new AbortController().signal
const NOON = Date.parse('2026-11-23T12:00:00Z') / 1000
const at = (seconds: number) => new Date((NOON + seconds) * 1000)

interface Video { id: string, created_at: number, status?: string, model?: string, prompt?: string }

/** `count` videos, one a second up to noon, newest first. */
const videos = (count: number): Video[] => Array.from({ length: count }, (_, index) => ({ id: `video_${index}`, created_at: NOON - index, status: 'queued', model: 'sora-2', prompt: `p${index}` }))

async function build (t: Test, answer: Answer) {
  const server = await startScriptedServer(t, answer)
  const egress = createEgress()
  t.teardown(() => egress.close())
  const upstream = createUpstream('openai', { channelId: 'c1', baseUrl: `${server.url}/v1`, apiKey: 'k', settings: {} }, egress)
  return { server, list: (from: Date, to: Date, now?: Date) => upstream.list!({ from, to, now }, signal) }
}

/** Pages as OpenAI does. */
function paged (all: Video[], extra: (page: Video[], hasMore: boolean) => object = (page, hasMore) => ({ has_more: hasMore, last_id: page.at(-1)?.id })): Answer {
  return (response, request) => {
    const query = new URL(request.path, 'http://x').searchParams
    const start = query.has('after') ? all.findIndex(({ id }) => id === query.get('after')) + 1 : 0
    const page = all.slice(start, start + Number(query.get('limit')))
    json({ object: 'list', data: page, ...extra(page, start + page.length < all.length) })(response, request)
  }
}

t.test('the jobs of the window, newest first, each as a poll would see it', async t => {
  const { server, list } = await build(t, paged([
    { id: 'late', created_at: NOON + 5 },
    { id: 'b', created_at: NOON, status: 'completed', model: 'sora-2', prompt: 'a cat' },
    { id: 'a', created_at: NOON - 1, status: 'in_progress' },
    { id: 'early', created_at: NOON - 60 }
  ]))
  const jobs = await list(at(-10), at(1))
  t.match(jobs, [
    { externalTaskId: 'b', createdAt: at(0), model: 'sora-2', prompt: 'a cat', poll: { state: 'completed' } },
    { externalTaskId: 'a', createdAt: at(-1), model: undefined, poll: { state: 'running' } }
  ])
  t.equal(jobs.length, 2)
  t.equal(server.requests[0]!.path, '/v1/videos?limit=100&order=desc')
})

t.test('a window that begins within a second takes that whole second', async t => {
  const { list } = await build(t, paged([{ id: 'a', created_at: NOON }]))
  t.equal((await list(new Date(NOON * 1000 + 900), at(10))).length, 1)
})

t.test('pages are read until the window is behind, and no further', async t => {
  const { server, list } = await build(t, paged(videos(1000)))
  t.equal((await list(at(-249), at(0))).length, 250)
  t.same(server.requests.map(({ path }) => path.replace('/v1/videos?limit=100&order=desc', '')), ['', '&after=video_99', '&after=video_199'])
})

t.test('a server that ignores the order is read to the end', async t => {
  const all = videos(250)
  const shuffled = all.map((_, index) => all[index * 37 % 250]!)
  for (const order of [all.toReversed(), shuffled]) {
    const { list } = await build(t, paged(order))
    t.same((await list(at(-1), at(0))).map(({ externalTaskId }) => externalTaskId), ['video_0', 'video_1'])
  }
})

t.test('a bare list is paged by its length', async t => {
  const { server, list } = await build(t, paged(videos(150), () => ({})))
  t.equal((await list(at(-200), at(0))).length, 150)
  t.equal(server.requests.length, 2)
})

t.test('an empty list is an answer', async t => {
  const { list } = await build(t, json({ object: 'list', data: [], has_more: false }))
  t.same(await list(at(-10), at(0)), [])
})

t.test('a list that cannot be read to the end of the window is never taken for an answer', async t => {
  const cases: [string, Answer][] = [
    ['an error', json({ error: 'no' }, 500)],
    ['no such route', text('Not Found', 404)],
    ['something else', json({ id: 'x' })],
    ['HTML', text('<html></html>')],
    ['a job without an id', json({ data: [{ created_at: NOON }] })],
    ['a job without a date', json({ data: [{ id: 'a' }] })],
    ['not even a job', json({ data: [null] })],
    ['the same page for ever', json({ data: videos(100), has_more: true, last_id: 'video_99' })],
    ['a list without an end', (response, request) => {
      const start = Number(/after=video_(\d+)/.exec(request.path)?.[1] ?? -1) + 1
      json({ data: [{ id: `video_${start}`, created_at: NOON }], has_more: true })(response, request)
    }]
  ]
  for (const [name, answer] of cases) {
    const { list } = await build(t, answer)
    await t.rejects(list(at(-3600), at(0)), { name: 'EgressError' }, name)
  }
})

t.test('a server that does not page is asked no more than twice', async t => {
  const { server, list } = await build(t, json({ data: videos(100), has_more: true }))
  await t.rejects(list(at(-3600), at(0)))
  t.equal(server.requests.length, 2)
})

t.test('dates may be milliseconds or ISO 8601', async t => {
  const { list } = await build(t, json({ data: [{ id: 'a', created_at: NOON * 1000 }, { id: 'b', created_at: '2026-11-23T11:59:59Z' }] }))
  t.same((await list(at(-10), at(0))).map(({ createdAt }) => createdAt), [at(0), at(-1)])
})

t.test('a window grows by what the provider\'s clock is off, as its replies are dated', async t => {
  const dated = (seconds: number): Answer => (response, request) => {
    response.setHeader('date', at(seconds).toUTCString())
    paged([{ id: 'a', created_at: NOON + seconds }, { id: 'older', created_at: NOON - 4_000 }])(response, request)
  }
  for (const offSeconds of [-600, 600]) {
    const { list } = await build(t, dated(offSeconds))
    t.match(await list(at(-60), at(60), at(0)), [{ externalTaskId: 'a' }])
    t.same(await list(at(-60), at(60)), [], 'not where nobody says what time it is here')
  }
  const { list } = await build(t, dated(-90_000))
  t.same(await list(at(-60), at(60), at(0)), [], 'more than a day is no clock')
})

import t, { type Test } from 'tap'
import { createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { SubmissionRequest } from '../../server/upstreams/upstream.ts'
import { drop, formOf, json, startScriptedServer, text } from '../support/scripted-server.ts'

const KEY = 'sk-1'
const request: SubmissionRequest = { reference: 'video_1-1', prompt: 'a cat', model: 'sora-2', parameters: {} }
const signal = new AbortController().signal

async function build (t: Test, settings: Record<string, unknown> = {}, suffix = '/v1') {
  const server = await startScriptedServer(t, json({ id: 'video_abc', object: 'video', status: 'queued', progress: 0 }))
  const egress = createEgress()
  t.teardown(() => egress.close())
  return { server, upstream: createUpstream('openai', { channelId: 'c1', baseUrl: `${server.url}${suffix}`, apiKey: KEY, settings }, egress) }
}

t.test('create is multipart with text values, a bearer key and our reference', async t => {
  const { server, upstream } = await build(t)
  t.match(await upstream.create({ ...request, duration: 8, aspectRatio: '16:9' }, signal), { outcome: 'accepted', externalTaskId: 'video_abc', progress: 0 })

  const [seen] = server.requests
  t.match(seen, { method: 'POST', path: '/v1/videos', headers: { authorization: `Bearer ${KEY}`, 'idempotency-key': 'video_1-1', 'content-type': /^multipart/ } })
  t.same(await formOf(seen!), { prompt: 'a cat', model: 'sora-2', seconds: '8', size: '1280x720' })
})

t.test('every field a dialect may take is sent', async t => {
  const { server, upstream } = await build(t, { models: ['*'] })
  const image = { bytes: Buffer.from('jpeg'), contentType: 'image/jpeg' as const, fileName: 'cat.jpg' }
  await upstream.create({ ...request, model: 'wan-2.2', size: '640x480', aspectRatio: '4:3', seed: 7, negativePrompt: 'dogs', watermark: true, image, parameters: { fps: 24, lora: { name: 'x' }, model: 'other', n: 3 } }, signal)
  t.same(await formOf(server.requests[0]!), {
    prompt: 'a cat', model: 'wan-2.2', size: '640x480', seed: '7', negative_prompt: 'dogs', watermark: 'true', fps: '24', lora: '{"name":"x"}', input_reference: { name: 'cat.jpg', type: 'image/jpeg', text: 'jpeg' }
  })

  await upstream.create({ ...request, model: 'wan-2.2', aspectRatio: '4:3', imageUrl: 'https://example.com/cat.png' }, signal)
  t.same(await formOf(server.requests[1]!), { prompt: 'a cat', model: 'wan-2.2', aspect_ratio: '4:3', 'input_reference[image_url]': 'https://example.com/cat.png' })

  await upstream.create({ ...request, model: 'wan-2.2', fps: 16, parameters: { fps: 24 } }, signal)
  t.same(await formOf(server.requests[2]!), { prompt: 'a cat', model: 'wan-2.2', fps: '16' })
})

t.test('create reads the id of every dialect', async t => {
  const { server, upstream } = await build(t)
  const long = `video_${'bGl0ZWxsbTo'.repeat(30)}==`
  for (const [body, id] of [[{ id: long }, long], [{ task_id: 'task_1' }, 'task_1'], [{ id: 42 }, '42']] as const) {
    server.answer = json(body, 202, { 'openai-poll-after-ms': '2500' })
    t.match(await upstream.create(request, signal), { outcome: 'accepted', externalTaskId: id, pollAfterMs: 2500 })
  }
  server.answer = json({ object: 'video' })
  t.match(await upstream.create(request, signal), { outcome: 'unknown' })
  server.answer = drop()
  t.match(await upstream.create(request, signal), { outcome: 'unknown' })
})

t.test('an unknown model is refused and nothing is sent', async t => {
  const { server, upstream } = await build(t)
  t.match(await upstream.create({ ...request, model: 'sora_video2' }, signal), { outcome: 'refused', failure: { class: 'invalid_input', message: /sora-2-pro/ } })
  t.equal(server.requests.length, 0)
})

t.test('remix is JSON with the prompt, multipart with an image', async t => {
  const { server, upstream } = await build(t)
  await upstream.remix!({ externalTaskId: 'video/1' }, { ...request, parameters: { strength: 0.5, prompt: 'other' } }, signal)
  t.match(server.requests[0], { method: 'POST', path: '/v1/videos/video%2F1/remix', headers: { 'content-type': 'application/json', 'idempotency-key': 'video_1-1' } })
  t.same(JSON.parse(server.requests[0]!.body.toString()), { prompt: 'a cat', strength: 0.5 })

  await upstream.remix!({ externalTaskId: 'video_1' }, { ...request, image: { bytes: Buffer.from('x'), contentType: 'image/webp', fileName: 'a.webp' } }, signal)
  t.match(await formOf(server.requests[1]!), { prompt: 'a cat', input_reference: { name: 'a.webp' } })
})

t.test('the base URL may end with a slash', async t => {
  const { server, upstream } = await build(t, {}, '/v1/')
  await upstream.poll({ externalTaskId: 'video/1 é' }, signal)
  t.equal(server.requests[0]!.path, '/v1/videos/video%2F1%20%C3%A9')
})

t.test('a poll reads every status word', async t => {
  const { server, upstream } = await build(t)
  const words: Record<string, object> = {
    'queued pending submitted': { state: 'running', stage: 'waiting' },
    'in_progress processing running IN_PROGRESS who_knows toString': { state: 'running', stage: 'generating' },
    'completed succeeded success finished': { state: 'completed' },
    'failed failure expired': { state: 'failed' },
    'cancelled canceled deleted': { state: 'cancelled' }
  }
  for (const [list, expected] of Object.entries(words)) {
    for (const status of list.split(' ')) {
      server.answer = json({ id: 'video_1', object: 'video', status })
      t.match(await upstream.poll({ externalTaskId: 'video_1' }, signal), expected, status)
    }
  }
})

t.test('a poll reads progress, position, hint, error and result', async t => {
  const { server, upstream } = await build(t)
  const video = { id: 'video_1', object: 'video' }
  const cases: [object, object][] = [
    [{ ...video, status: 'in_progress', progress: 41.9, queue_position: 250 }, { state: 'running', progress: 41, queuePosition: 250, pollAfterMs: 4000 }],
    [{ ...video, status: 'in_progress', progress: null, queue_position: -1 }, { state: 'running', progress: undefined, queuePosition: undefined }],
    [{ ...video, status: 'in_progress', error: { code: '', message: '' } }, { state: 'running' }],
    [{ ...video, status: 'failed', error: { code: 'moderation_blocked', message: 'no' } }, { state: 'failed', failure: { class: 'moderation', code: 'moderation_blocked', message: 'no' } }],
    [{ ...video, status: 'completed', error: { code: 'moderation_blocked', message: 'no' } }, { state: 'failed', failure: { class: 'moderation' } }],
    [{ ...video, status: 'failed', error: 'a string' }, { state: 'failed', failure: { message: 'a string' } }],
    [{ ...video, status: 'failed', error: null }, { state: 'failed', failure: { message: 'the upstream gave no reason' } }],
    [{ ...video, status: 'expired' }, { state: 'failed', failure: { message: /expired/ } }],
    [{ ...video, status: 'completed', expires_at: 1_760_003_600 }, { state: 'completed', result: { videoUrl: undefined, expiresAt: '2025-10-09T09:53:20.000Z' } }],
    [{ ...video, status: 'completed', url: 'https://cdn.test/1.mp4' }, { state: 'completed', result: { videoUrl: 'https://cdn.test/1.mp4' } }],
    [{ ...video, status: 'completed', metadata: { url: 'https://cdn.test/2.mp4' } }, { state: 'completed', result: { videoUrl: 'https://cdn.test/2.mp4' } }],
    [{ ...video, status: 'completed', video_url: 'https://cdn.test/3.mp4', thumbnail_url: '/t.webp' }, { state: 'completed', result: { videoUrl: 'https://cdn.test/3.mp4', thumbnailUrl: `${server.url}/t.webp` } }],
    [{ ...video, status: 'completed', unsigned_urls: ['https://cdn.test/4.mp4'] }, { state: 'completed', result: { videoUrl: 'https://cdn.test/4.mp4' } }],
    [{ ...video, status: 'completed', outputs: { video_url: 'https://cdn.test/5.mp4' } }, { state: 'completed', result: { videoUrl: 'https://cdn.test/5.mp4' } }],
    [{ error: { message: 'internal error' } }, { state: 'unavailable' }],
    [{ object: 'list', data: [] }, { state: 'unavailable', failure: { class: 'unreadable' } }]
  ]
  for (const [body, expected] of cases) {
    server.answer = json(body, 200, { 'openai-poll-after-ms': '4000' })
    t.match(await upstream.poll({ externalTaskId: 'video_1' }, signal), expected, JSON.stringify(body))
  }
  server.answer = json({ detail: 'not found' }, 404)
  t.match(await upstream.poll({ externalTaskId: 'video_1' }, signal), { state: 'missing' })
})

t.test('content is the result\'s URL, else the authenticated endpoint', async t => {
  const { server, upstream } = await build(t)
  const headers = { authorization: `Bearer ${KEY}` }
  t.same(upstream.content({ externalTaskId: 'a/b', result: {} }, 'video'), { url: `${server.url}/v1/videos/a%2Fb/content`, headers, policy: { trust: 'channel' } })
  t.same(upstream.content({ externalTaskId: 'a' }, 'thumbnail'), { url: `${server.url}/v1/videos/a/content?variant=thumbnail`, headers, policy: { trust: 'channel' } })
  t.same(upstream.content({ externalTaskId: 'a', result: { videoUrl: 'https://cdn.test/a.mp4' } }, 'video'), { url: 'https://cdn.test/a.mp4', headers: {}, policy: { trust: 'upstream', channelHost: '127.0.0.1' } })
  t.same(upstream.content({ externalTaskId: 'a', result: { videoUrl: `${server.url}/a.mp4` } }, 'video')!.headers, headers)
})

t.test('cancelling is there where the dialect has it, and tells the truth', async t => {
  t.equal((await build(t)).upstream.cancel, undefined)
  const { server, upstream } = await build(t, { dialect: 'inworld' })
  const cases: [number, object, string][] = [
    [200, { status: 'cancelled' }, 'cancelled'],
    [200, { status: 'canceled' }, 'cancelled'],
    [200, { status: 'in_progress' }, 'requested'],
    [202, {}, 'requested'],
    [409, { error: { code: 'video_not_cancellable' } }, 'tooLate'],
    [400, { error: 'cancel_failed' }, 'tooLate'],
    [404, {}, 'unsupported'],
    [405, {}, 'unsupported']
  ]
  for (const [status, body, expected] of cases) {
    server.answer = json(body, status)
    t.equal(await upstream.cancel!({ externalTaskId: 'video_1' }, signal), expected, `${status} ${JSON.stringify(body)}`)
  }
  t.match(server.requests[0], { method: 'POST', path: '/v1/videos/video_1/cancel', headers: { authorization: `Basic ${KEY}` } })
  server.answer = text('', 503)
  await t.rejects(upstream.cancel!({ externalTaskId: 'video_1' }, signal), { name: 'EgressError' })
})

t.test('a dialect says what can be done', async t => {
  const capabilities = async (settings: object) => (await build(t, { ...settings })).upstream.capabilities
  t.match(await capabilities({}), { createSafety: 'list', list: true, cancel: false, remix: true, webhook: true })
  t.match(await capabilities({ dialect: 'new-api' }), { createSafety: 'none', list: false })
  t.match(await capabilities({ dialect: 'vllm-omni' }), { createSafety: 'list', remix: false, webhook: false })
  t.match(await capabilities({ cancel: true }), { cancel: true })
  t.match(await capabilities({ dialect: 'constructor' }), { createSafety: 'list' })
  t.equal((await build(t, { dialect: 'sglang' })).upstream.remix, undefined)

  const { server, upstream } = await build(t, { dialect: 'azure' })
  await upstream.poll({ externalTaskId: 'a' }, signal)
  t.match(server.requests[0]!.headers, { 'api-key': KEY, authorization: undefined })
})

import t, { type Test } from 'tap'
import { createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { SubmissionRequest, Upstream } from '../../server/upstreams/upstream.ts'
import { formOf, json, startScriptedServer } from '../support/scripted-server.ts'

const KEY = 'raw-key'
const PNG = { bytes: Buffer.from('png bytes'), contentType: 'image/png' as const, fileName: 'cat.png' }
const request: SubmissionRequest = { reference: 'video_1-1', prompt: '一只小猫', model: 'sora_video2', parameters: {} }
const signal = new AbortController().signal

async function build (t: Test, { suffix = '', models = null as string[] | null } = {}) {
  const server = await startScriptedServer(t, json({ id: 'video_44a06dda', status: 'queued' }))
  const egress = createEgress()
  t.teardown(() => egress.close())
  const upstream = createUpstream('sora-relay', { channelId: 'c1', baseUrl: `${server.url}${suffix}`, apiKey: KEY, settings: { models } }, egress)
  return { server, upstream }
}

const polled = (upstream: Upstream) => upstream.poll({ externalTaskId: 'video_1' }, signal)

t.test('create is multipart with the raw key, whatever it holds', async t => {
  const { server, upstream } = await build(t)
  t.match(await upstream.create(request, signal), { outcome: 'accepted', externalTaskId: 'video_44a06dda' })

  const [seen] = server.requests
  t.match(seen, { method: 'POST', path: '/sora/v1/videos', headers: { authorization: KEY, 'content-type': /^multipart\/form-data; boundary=/, 'content-length': /\d+/ } })
  t.same(await formOf(seen!), { prompt: '一只小猫', model: 'sora_video2', size: '720x720' })
})

t.test('everything a client may ask for has its field', async t => {
  const { server, upstream } = await build(t)
  await upstream.create({ ...request, aspectRatio: '9:16', duration: 15, watermark: false, image: PNG, parameters: { hd: true, private: 'yes', prompt: 'other', n: 4, size: '1x1', style: { a: 1 }, none: null } }, signal)
  t.same(await formOf(server.requests[0]!), {
    prompt: '一只小猫',
    model: 'sora_video2',
    size: '720x1280',
    seconds: '15',
    aspect_ratio: '9:16',
    watermark: 'false',
    hd: 'true',
    private: 'yes',
    style: '{"a":1}',
    input_reference: { name: 'cat.png', type: 'image/png', text: 'png bytes' }
  })
})

t.test('file names that go upstream are ASCII and break nothing', async t => {
  const { server, upstream } = await build(t)
  for (const [given, sent] of [['小猫.png', '__.png'], ['a"\r\nb.png', 'a___b.png'], ['', 'image']]) {
    await upstream.create({ ...request, image: { ...PNG, fileName: given! } }, signal)
    t.match(await formOf(server.requests.at(-1)!), { input_reference: { name: sent, text: 'png bytes' } })
  }
})

t.test('model names are mapped as the card says', async t => {
  const { server, upstream } = await build(t)
  const cases: [string, Record<string, string>][] = [
    ['sora_video2', { model: 'sora_video2', size: '720x720' }],
    ['sora-2', { model: 'sora-2', size: '720x720' }],
    ['sora_video2-landscape', { model: 'sora_video2', size: '1280x720', aspect_ratio: '16:9' }],
    ['sora_video2-landscape-15s', { model: 'sora_video2', size: '1280x720', aspect_ratio: '16:9', seconds: '15' }],
    ['sora_video2-portrait', { model: 'sora_video2', size: '720x1280', aspect_ratio: '9:16' }],
    ['sora_video2-portrait-15s', { model: 'sora_video2', size: '720x1280', aspect_ratio: '9:16', seconds: '15' }],
    ['sora_video2-15s', { model: 'sora_video2', size: '720x1280', aspect_ratio: '9:16', seconds: '15' }],
    ['sora_video2-landscape-25s', { model: 'sora_video2-pro', size: '1280x720', aspect_ratio: '16:9', seconds: '25' }],
    ['sora_video2-landscape-hd-25s', { model: 'sora_video2-pro', size: '1280x720', aspect_ratio: '16:9', seconds: '25' }],
    ['sora_video2-pro-landscape-25s', { model: 'sora_video2-pro', size: '1280x720', aspect_ratio: '16:9', seconds: '25' }],
    ['sora_video2-pro-landscape-hd-25s', { model: 'sora_video2-pro', size: '1280x720', aspect_ratio: '16:9', seconds: '25' }],
    ['sora_video2-pro', { model: 'sora_video2-pro', size: '720x720' }],
    ['sora-2-pro-landscape', { model: 'sora_video2-pro', size: '1280x720', aspect_ratio: '16:9' }],
    ['sora-2-pro-portrait', { model: 'sora_video2-pro', size: '720x1280', aspect_ratio: '9:16' }]
  ]
  t.same(Object.keys(upstream.capabilities.models), cases.map(([name]) => name))
  for (const [model, expected] of cases) {
    await upstream.create({ ...request, model }, signal)
    t.same(await formOf(server.requests.at(-1)!), { prompt: '一只小猫', ...expected }, model)
    await upstream.remix!({ externalTaskId: 'video_1' }, { ...request, model }, signal)
    t.same(JSON.parse(server.requests.at(-1)!.body.toString()), { prompt: '一只小猫', model: expected.model }, `${model}, remixed`)
  }
})

t.test('an unknown model is refused with the known ones and nothing is sent', async t => {
  const { server, upstream } = await build(t)
  for (const model of ['sora-9', 'constructor', '__proto__']) {
    t.match(await upstream.create({ ...request, model }, signal), { outcome: 'refused', failure: { class: 'invalid_input', message: /sora_video2, sora-2/ } })
    t.match(await upstream.remix!({ externalTaskId: 'v' }, { ...request, model }, signal), { outcome: 'refused' })
  }
  t.match(await upstream.create({ ...request, imageUrl: 'https://example.com/cat.png' }, signal), { outcome: 'refused', failure: { class: 'invalid_input' } })
  t.equal(server.requests.length, 0)
})

t.test('a channel may list other models, or any', async t => {
  const named = await build(t, { models: ['house-model', 'sora-2'] })
  t.same(Object.keys(named.upstream.capabilities.models), ['house-model', 'sora-2'])
  t.match(await named.upstream.create({ ...request, model: 'house-model' }, signal), { outcome: 'accepted' })
  t.match(await named.upstream.create({ ...request, model: 'sora_video2' }, signal), { outcome: 'refused' })

  const any = await build(t, { models: ['*'] })
  await any.upstream.create({ ...request, model: 'brand-new' }, signal)
  t.match(await formOf(any.server.requests[0]!), { model: 'brand-new' })
})

t.test('remix is JSON, or multipart with an image', async t => {
  const { server, upstream } = await build(t)
  await upstream.remix!({ externalTaskId: 'video/1 é' }, request, signal)
  t.match(server.requests[0], { method: 'POST', path: '/sora/v1/videos/video%2F1%20%C3%A9/remix', headers: { authorization: KEY, 'content-type': 'application/json' } })
  t.same(JSON.parse(server.requests[0]!.body.toString()), { prompt: '一只小猫', model: 'sora_video2' })

  await upstream.remix!({ externalTaskId: 'video_1' }, { ...request, image: PNG }, signal)
  t.same(await formOf(server.requests[1]!), { prompt: '一只小猫', model: 'sora_video2', input_reference: { name: 'cat.png', type: 'image/png', text: 'png bytes' } })
})

t.test('the base URL may end with a slash, a path, or /sora/v1', async t => {
  for (const [suffix, path] of [['/', '/sora/v1/videos'], ['/relay/', '/relay/sora/v1/videos'], ['/sora/v1', '/sora/v1/videos'], ['/sora/v1/', '/sora/v1/videos']]) {
    const { server, upstream } = await build(t, { suffix })
    await upstream.create(request, signal)
    t.equal(server.requests[0]!.path, path)
  }
})

t.test('an error with HTTP 200 and no id is a refusal', async t => {
  const { server, upstream } = await build(t)
  server.answer = json({ error: { message: 'no channel for this model', code: 'model_not_found' } })
  t.match(await upstream.create(request, signal), { outcome: 'refused', failure: { code: 'model_not_found' } })
})

t.test('a query says where the job is', async t => {
  const { server, upstream } = await build(t)
  const running = (stage: string, progress?: number) => ({ state: 'running', stage, progress })
  const cases: [object, object][] = [
    [{ id: 'video_1', status: 'pending' }, running('waiting')],
    [{ id: 'video_1', status: 'queued', progress: 0 }, running('waiting', 0)],
    [{ id: 'video_1', status: 'in_progress', progress: 36.7 }, running('generating', 36)],
    [{ id: 'video_1', status: 'PROCESSING ', progress: '98%' }, running('generating', 98)],
    [{ id: 'video_1', status: 'rendering_frames', progress: null }, running('generating')],
    [{ id: 'video_1', status: 'constructor', progress: 1 }, running('generating', 1)],
    [{ id: 'video_1', status: 7, progress: 900 }, running('generating', 100)],
    [{ status: 'in_progress', progress: -1 }, running('generating')],
    [{ status: 'in_progress', progress: 'NaN', error: null }, running('generating')],
    [{ status: 'in_progress', error: '' }, running('generating')],
    [{ status: 'in_progress', error: {} }, running('generating')],
    [{ status: 'completed', progress: 100, video_url: 'http://files.test/a.mp4', image_url: 'http://files.test/a.webp' }, { state: 'completed', result: { videoUrl: 'http://files.test/a.mp4', thumbnailUrl: 'http://files.test/a.webp' } }],
    [{ status: 'completed', video_url: 'https://cdn.test/a.mp4?sig=a%2Bb&expires=1' }, { state: 'completed', result: { videoUrl: 'https://cdn.test/a.mp4?sig=a%2Bb&expires=1' } }],
    [{ status: 'completed', video_url: '/files/a.mp4' }, { state: 'completed', result: { videoUrl: `${server.url}/files/a.mp4` } }],
    [{ status: 'completed' }, { state: 'completed', result: {} }],
    [{ status: 'completed', video_url: '' }, { state: 'completed', result: {} }],
    [{ status: 'completed', video_url: 'javascript:alert(1)' }, { state: 'completed', result: {} }],
    [{ status: 'cancelled' }, { state: 'cancelled' }],
    [{ id: 'video_other', status: 'completed', video_url: 'http://files.test/a.mp4' }, { state: 'unavailable', failure: { class: 'unreadable' } }],
    [{ id: 'video_1' }, { state: 'unavailable', failure: { class: 'unreadable' } }],
    [{}, { state: 'unavailable', failure: { class: 'unreadable' } }]
  ]
  for (const [body, expected] of cases) {
    server.answer = json(body)
    const result = JSON.parse(JSON.stringify(await polled(upstream)))
    if ('failure' in expected) t.match(result, expected, JSON.stringify(body))
    else t.same(result, JSON.parse(JSON.stringify(expected)), JSON.stringify(body))
  }
  t.match(server.requests[0], { method: 'GET', path: '/sora/v1/videos/video_1', headers: { authorization: KEY } })
})

t.test('an error is a failure, however it is spelt and whatever the status says', async t => {
  const { server, upstream } = await build(t)
  const cases: [object, object][] = [
    [{ id: 'video_1', status: 'in_progress', error: 'file upload failed' }, { message: 'file upload failed' }],
    [{ id: 'video_1', status: 'completed', video_url: 'http://files.test/a.mp4', error: { message: 'blocked', code: 'moderation_blocked', type: 'x' } }, { class: 'moderation', code: 'moderation_blocked' }],
    [{ id: 'video_1', status: 'failed', error: { detail: 'no GPU' }, error_code: 'E42' }, { message: 'no GPU', code: 'E42' }],
    [{ id: 'video_1', status: 'failed', error: { message: '{"error":{"message":"inner","code":"inner_code"}}' } }, { message: 'inner', code: 'inner_code' }],
    [{ id: 'video_1', status: 'failed', error: null }, { message: 'the upstream gave no reason' }],
    [{ error: 'generation failed' }, { message: 'generation failed' }],
    [{ id: 'video_1', error: `key ${KEY}` }, { message: 'key [redacted]' }]
  ]
  for (const [body, failure] of cases) {
    server.answer = json(body)
    t.match(await polled(upstream), { state: 'failed', failure }, JSON.stringify(body))
  }
})

t.test('an error about the key or the rate alone says nothing about the job', async t => {
  const { server, upstream } = await build(t)
  for (const message of ['rate limit exceeded', 'Too Many Requests', 'invalid api key']) {
    server.answer = json({ error: { message } })
    t.match(await polled(upstream), { state: 'unavailable' }, message)
  }
})

t.test('content is where the reply said, and the key goes to its own origin only', async t => {
  const { server, upstream } = await build(t)
  const job = { externalTaskId: 'video_1', result: { videoUrl: `${server.url}/a.mp4`, thumbnailUrl: 'http://cdn.test/a.webp' } }
  const policy = { trust: 'upstream', channelHost: '127.0.0.1' }
  t.same(upstream.content(job, 'video'), { url: `${server.url}/a.mp4`, policy, headers: { authorization: KEY } })
  t.same(upstream.content(job, 'thumbnail'), { url: 'http://cdn.test/a.webp', policy, headers: {} })
  t.same(upstream.content({ ...job, result: { videoUrl: `http://127.0.0.1:${server.port + 1}/a.mp4` } }, 'video')!.headers, {})
  t.equal(upstream.content({ externalTaskId: 'video_1', result: {} }, 'video'), undefined)
  t.equal(upstream.content({ externalTaskId: 'video_1' }, 'thumbnail'), undefined)
})

t.test('it can neither list nor cancel, and says so', async t => {
  const { upstream } = await build(t)
  t.match(upstream.capabilities, { createSafety: 'none', list: false, cancel: false, remix: true })
  t.equal(upstream.list, undefined)
  t.equal(upstream.cancel, undefined)
})

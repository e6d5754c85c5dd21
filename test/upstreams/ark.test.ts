import t, { type Test } from 'tap'
import { adapterCapabilities, createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { InputImage, SubmissionRequest } from '../../server/upstreams/upstream.ts'
import { json, startScriptedServer, type Answer } from '../support/scripted-server.ts'

const ID = 'cgt-20261101120000-abcde'
const TASKS = '/api/v3/contents/generations/tasks'
const MODEL = 'dreamina-seedance-2-0-260128'
const signal = new AbortController().signal
const job = { externalTaskId: ID }
const image: InputImage = { bytes: Buffer.from('png bytes'), contentType: 'image/png', fileName: 'cat.png' }
const url = `data:image/png;base64,${Buffer.from('png bytes').toString('base64')}`
const asked = (model: string, more: Partial<SubmissionRequest> = {}): SubmissionRequest => ({ reference: 'video_1-1', prompt: 'a cat', model, parameters: {}, ...more })

async function build (t: Test, { models = null as string[] | null } = {}) {
  const server = await startScriptedServer(t, json({ id: ID }))
  const egress = createEgress()
  t.teardown(() => egress.close())
  const upstream = createUpstream('ark', { channelId: 'c1', baseUrl: `${server.url}/api/v3`, apiKey: 'ark-key', settings: { models } }, egress)
  return { server, upstream }
}

const task = (more: object) => json({ id: ID, model: MODEL, created_at: 1_779_348_818, ...more })
const text = { type: 'text', text: 'a cat' }

t.test('everything a video is made from is in its content, by role', async t => {
  const { server, upstream } = await build(t, { models: ['*'] })
  const cases: [SubmissionRequest, object][] = [
    [asked(MODEL), { model: MODEL, content: [text] }],
    [asked(MODEL, { size: '1920x1080', duration: 15, seed: 7, watermark: false, audio: false, parameters: { service_tier: 'flex', content: [] } }), { model: MODEL, content: [text], ratio: '16:9', resolution: '1080p', duration: 15, seed: 7, watermark: false, generate_audio: false, service_tier: 'flex' }],
    [asked(MODEL, { image, lastFrame: image }), { model: MODEL, content: [text, { type: 'image_url', image_url: { url }, role: 'first_frame' }, { type: 'image_url', image_url: { url }, role: 'last_frame' }] }],
    [asked(MODEL, { referenceImages: [image, image] }), { model: MODEL, content: [text, { type: 'image_url', image_url: { url }, role: 'reference_image' }, { type: 'image_url', image_url: { url }, role: 'reference_image' }] }],
    [asked('seedance-1-5-pro-251215', { aspectRatio: '21:9', cameraMotion: 'fixed', imageUrl: 'https://example.com/cat.png' }), { model: 'seedance-1-5-pro-251215', content: [text, { type: 'image_url', image_url: { url: 'https://example.com/cat.png' }, role: 'first_frame' }], ratio: '21:9', camera_fixed: true }],
    [asked('ep-20261101-abcde'), { model: 'ep-20261101-abcde', content: [text] }]
  ]
  for (const [request, body] of cases) {
    t.match(await upstream.create(request, signal), { outcome: 'accepted', externalTaskId: ID })
    const seen = server.requests.at(-1)!
    t.match(seen, { method: 'POST', path: TASKS, headers: { authorization: 'Bearer ark-key', 'content-type': 'application/json' } })
    t.same(JSON.parse(seen.body.toString()), { return_last_frame: true, ...body })
  }
})

t.test('every status is read; the last frame is its picture', async t => {
  const { server, upstream } = await build(t)
  const cases: [object, object][] = [
    [{ status: 'queued' }, { state: 'running', stage: 'waiting' }],
    [{ status: 'running', error: null }, { state: 'running', stage: 'generating' }],
    [{ status: 'thinking' }, { state: 'running', stage: 'generating' }],
    [{ status: 'succeeded', content: { video_url: 'https://tos.example/a.mp4', last_frame_url: 'https://tos.example/a.png' } }, { state: 'completed', result: { videoUrl: 'https://tos.example/a.mp4', thumbnailUrl: 'https://tos.example/a.png' } }],
    [{ status: 'succeeded', content: null }, { state: 'completed', result: {} }],
    [{ status: 'cancelled' }, { state: 'cancelled' }],
    [{ status: 'expired' }, { state: 'failed', failure: { class: 'unknown', code: 'expired' } }],
    [{ status: 'failed', error: { code: 'OutputVideoSensitiveContentDetected.PolicyViolation', message: 'The output may violate copyright.' } }, { state: 'failed', failure: { class: 'moderation', code: 'OutputVideoSensitiveContentDetected.PolicyViolation' } }],
    [{ status: 'failed', error: { code: 'InternalServiceError', message: 'The service encountered an unexpected error.' } }, { state: 'failed', failure: { class: 'unavailable' } }],
    [{ id: 'cgt-another', status: 'succeeded' }, { state: 'unavailable' }]
  ]
  for (const [body, expected] of cases) {
    server.answer = task(body)
    t.match(await upstream.poll(job, signal), expected, JSON.stringify(body))
  }
})

t.test('refusals are classed by its own codes', async t => {
  const { server, upstream } = await build(t)
  const cases: [number, string, string][] = [
    [400, 'InputTextSensitiveContentDetected', 'moderation'],
    [400, 'InputImageRiskDetection', 'moderation'],
    [403, 'AccountOverdueError', 'quota'],
    [429, 'QuotaExceeded', 'quota'],
    [429, 'SetLimitExceeded', 'quota'],
    [429, 'ModelAccountRpmRateLimitExceeded', 'rate_limit'],
    [429, 'RequestBurstTooFast', 'rate_limit'],
    [429, 'ServerOverloaded', 'rate_limit'],
    [401, 'AuthenticationError', 'auth'],
    [404, 'ModelNotOpen', 'auth'],
    [400, 'InvalidParameter', 'invalid_input'],
    [404, 'InvalidEndpointOrModel.NotFound', 'invalid_input']
  ]
  for (const [status, code, failureClass] of cases) {
    server.answer = json({ error: { code, message: 'The request failed. Request id: 0217', param: '', type: 'BadRequest' } }, status)
    t.match(await upstream.create(asked(MODEL), signal), { outcome: 'refused', failure: { class: failureClass, code } }, code)
  }
  server.answer = json({ error: { code: 'InternalServiceError', message: 'no' } }, 500)
  t.match(await upstream.create(asked(MODEL), signal), { outcome: 'unknown' })
})

t.test('a cancel is sent for what waits only: DELETE would remove what is finished', async t => {
  const { server, upstream } = await build(t)
  const answers = (status: string, deleted: Answer): Answer => (reply, seen) => (seen.method === 'DELETE' ? deleted : task({ status }))(reply, seen)
  server.answer = answers('queued', json({}))
  t.equal(await upstream.cancel!(job, signal), 'cancelled')
  server.answer = answers('queued', json({ error: { code: 'InvalidAction', message: 'running' } }, 409))
  t.equal(await upstream.cancel!(job, signal), 'tooLate', 'it began to run in between')
  const deletes = () => server.requests.filter(({ method }) => method === 'DELETE').length
  t.equal(deletes(), 2)
  for (const [status, result] of [['running', 'tooLate'], ['succeeded', 'tooLate'], ['failed', 'tooLate'], ['cancelled', 'cancelled']]) {
    server.answer = answers(status!, json({}))
    t.equal(await upstream.cancel!(job, signal), result, status)
  }
  server.answer = json({}, 502)
  await t.rejects(upstream.cancel!(job, signal))
  t.equal(deletes(), 2)
})

t.test('a video is a reference for another, by its fresh address', async t => {
  const { server, upstream } = await build(t)
  server.answer = (reply, seen) => (seen.method === 'POST' ? json({ id: 'cgt-new' }) : task({ status: 'succeeded', content: { video_url: 'https://tos.example/fresh.mp4' } }))(reply, seen)
  await upstream.remix!({ ...job, result: { videoUrl: 'https://tos.example/old.mp4' } }, asked(MODEL, { aspectRatio: '16:9', duration: 5 }), signal)
  t.same(JSON.parse(server.requests.at(-1)!.body.toString()), { return_last_frame: true, model: MODEL, ratio: '16:9', duration: 5, content: [text, { type: 'video_url', video_url: { url: 'https://tos.example/fresh.mp4' }, role: 'reference_video' }] })

  const sent = server.requests.length
  t.match(await upstream.remix!(job, asked('seedance-1-5-pro-251215'), signal), { outcome: 'refused' })
  t.match(await upstream.edit!(undefined, asked(MODEL, { video: { bytes: Buffer.from('mp4'), contentType: 'video/mp4', fileName: 'a.mp4' } }), signal), { outcome: 'refused' })
  t.equal(server.requests.length, sent)
  t.notOk(upstream.extend)
})

t.test('one list serves many polls, narrowed to their tasks', async t => {
  const { server, upstream } = await build(t)
  server.answer = json({ total: 3, items: [{ id: 'cgt-a', status: 'running', created_at: 1 }, { id: 'cgt-b', status: 'failed', created_at: 1, error: { code: 'InputTextSensitiveContentDetected', message: 'no' } }, { id: 'cgt-x', status: 'running', created_at: 1 }, 'rubbish'] })
  const page = await upstream.pollMany!([{ externalTaskId: 'cgt-a' }, { externalTaskId: 'cgt-b' }, { externalTaskId: 'cgt-c' }], signal)
  t.equal(page.state, 'listed')
  if (page.state === 'listed') t.match(Object.fromEntries(page.polls), { 'cgt-a': { state: 'running' }, 'cgt-b': { state: 'failed', failure: { class: 'moderation' } } })
  if (page.state === 'listed') t.same([...page.polls.keys()], ['cgt-a', 'cgt-b'])
  t.equal(server.requests[0]!.path, `${TASKS}?page_num=1&page_size=500&filter.task_ids=cgt-a&filter.task_ids=cgt-b&filter.task_ids=cgt-c`)
  for (const answer of [json({}, 503), json({ items: null }), json([])]) {
    server.answer = answer
    t.match(await upstream.pollMany!([job], signal), { state: 'unavailable' })
  }
})

t.test('the list shows every task of the window, and claims neither prompt nor model', async t => {
  const { server, upstream } = await build(t)
  const items = Array.from({ length: 700 }, (_, index) => ({ id: `cgt-${index}`, model: 'other', status: 'running', created_at: 2_000 - index, duration: 5 }))
  server.answer = (reply, { path }) => {
    const page = Number(new URL(path, 'http://x').searchParams.get('page_num'))
    json({ total: 700, items: items.slice((page - 1) * 500, page * 500) })(reply, {} as never)
  }
  const listed = await upstream.list!({ from: new Date(1_400_000), to: new Date(1_999_000) }, signal)
  t.equal(listed.length, 600)
  t.match(listed[0], { externalTaskId: 'cgt-1', createdAt: new Date(1_999_000), model: undefined, prompt: undefined, seconds: 5 })
  t.equal(server.requests.length, 2)
  await upstream.list!({ from: new Date(1_900_000), to: new Date(1_999_000) }, signal)
  t.equal(server.requests.length, 3, 'no more pages than reach into the window')
  server.answer = (reply, request) => json({ total: 1, items: items.slice(0, 1) })(reply.setHeader('date', new Date(2_000_000).toUTCString()), request)
  t.equal((await upstream.list!({ from: new Date(2_500_000), to: new Date(2_600_000), now: new Date(2_510_000) }, signal)).length, 1, 'its clock is behind')

  for (const answer of [json({}, 500), json({ items: [{ id: 'cgt-1' }] }), json({}), json({ total: 1, items: items.slice(0, 500) })]) {
    server.answer = answer
    await t.rejects(upstream.list!({ from: new Date(0), to: new Date() }, signal))
  }
  server.answer = json({ total: 0 })
  t.same(await upstream.list!({ from: new Date(0), to: new Date() }, signal), [])
})

t.test('the names of the other region are known where a channel lists them', async t => {
  t.notOk(adapterCapabilities('ark', null).models['doubao-seedance-2-0-260128'])
  const { models } = adapterCapabilities('ark', ['doubao-seedance-1-5-pro-251215', 'ep-1'])
  t.match(models, { 'doubao-seedance-1-5-pro-251215': { derivations: [], seconds: [4, 5, 6, 7, 8, 9, 10, 11, 12] }, 'ep-1': { referenceImages: 9 } })
})

import t, { type Test } from 'tap'
import { createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { InputImage, SubmissionRequest } from '../../server/upstreams/upstream.ts'
import { json, startScriptedServer, text, type Answer } from '../support/scripted-server.ts'

const ID = '17f20503-6c24-4c16-946b-35dbbce2af2f'
const signal = new AbortController().signal
const job = { externalTaskId: ID }
const image: InputImage = { bytes: Buffer.from('png bytes'), contentType: 'image/png', fileName: 'cat.png' }
const uri = `data:image/png;base64,${Buffer.from('png bytes').toString('base64')}`
const asked = (model: string, more: Partial<SubmissionRequest> = {}): SubmissionRequest => ({ reference: 'video_1-1', prompt: 'a cat', model, parameters: {}, ...more })

async function build (t: Test, { models = null as string[] | null, suffix = '' } = {}) {
  const server = await startScriptedServer(t, json({ id: ID, estimatedCost: { credits: 25 } }))
  const egress = createEgress()
  t.teardown(() => egress.close())
  const upstream = createUpstream('runway', { channelId: 'c1', baseUrl: server.url + suffix, apiKey: 'key_abc', settings: { models } }, egress)
  return { server, upstream }
}

const task = (more: object) => json({ id: ID, createdAt: '2026-11-01T00:00:00Z', ...more })

t.test('what is asked for decides the endpoint; sizes are ratios', async t => {
  const { server, upstream } = await build(t)
  const cases: [SubmissionRequest, string, object][] = [
    [asked('gen4.5'), 'text_to_video', { model: 'gen4.5', promptText: 'a cat', ratio: '1280:720', duration: 5 }],
    [asked('gen4.5', { aspectRatio: '9:16', duration: 10, seed: 7 }), 'text_to_video', { model: 'gen4.5', promptText: 'a cat', ratio: '720:1280', duration: 10, seed: 7 }],
    [asked('gen4.5', { size: '1584x672', image }), 'image_to_video', { model: 'gen4.5', promptText: 'a cat', ratio: '1584:672', duration: 5, promptImage: [{ uri, position: 'first' }] }],
    [asked('veo3.1', { firstFrame: image, lastFrame: image, negativePrompt: 'dogs', audio: false }), 'image_to_video', { model: 'veo3.1', promptText: 'a cat', ratio: '1280:720', negativePrompt: 'dogs', audio: false, promptImage: [{ uri, position: 'first' }, { uri, position: 'last' }] }],
    [asked('seedance2', { aspectRatio: '4:3', referenceImages: [image] }), 'text_to_video', { model: 'seedance2', promptText: 'a cat', ratio: '1112:834', references: [{ uri }] }],
    [asked('gen4_turbo', { imageUrl: 'https://example.com/cat.png', parameters: { contentModeration: { publicFigureThreshold: 'low' }, promptText: 'other' } }), 'image_to_video', { model: 'gen4_turbo', promptText: 'a cat', ratio: '1280:720', contentModeration: { publicFigureThreshold: 'low' }, promptImage: [{ uri: 'https://example.com/cat.png', position: 'first' }] }]
  ]
  for (const [request, endpoint, body] of cases) {
    t.match(await upstream.create(request, signal), { outcome: 'accepted', externalTaskId: ID })
    const seen = server.requests.at(-1)!
    t.match(seen, { method: 'POST', path: `/v1/${endpoint}`, headers: { authorization: 'Bearer key_abc', 'x-runway-version': '2024-11-06' } })
    t.same(JSON.parse(seen.body.toString()), body, endpoint)
  }
})

t.test('what a model cannot make is refused unsent', async t => {
  const { server, upstream } = await build(t, { suffix: '/v1/' })
  const large = { ...image, bytes: Buffer.alloc(4_000_000) }
  for (const request of [asked('gen4_turbo'), asked('aleph2'), asked('gen4.5', { size: '1584x672' }), asked('gen4.5', { aspectRatio: '1:1' }), asked('gen4.5', { image: large }), asked('seedance2', { referenceImages: [large] })]) {
    t.match(await upstream.create(request, signal), { outcome: 'refused', failure: { class: 'invalid_input' } })
  }
  t.same(server.requests, [])
  await upstream.create(asked('gen4.5'), signal)
  t.equal(server.requests[0]!.path, '/v1/text_to_video', 'a base URL may end with /v1')
})

t.test('every status is read, and progress is a share', async t => {
  const { server, upstream } = await build(t)
  const cases: [object, object][] = [
    [{ status: 'PENDING' }, { state: 'running', stage: 'waiting' }],
    [{ status: 'THROTTLED' }, { state: 'running', stage: 'waiting' }],
    [{ status: 'RUNNING', progress: 0.437 }, { state: 'running', stage: 'generating', progress: 43 }],
    [{ status: 'RUNNING', progress: 1 }, { state: 'running', stage: 'generating', progress: 100 }],
    [{ status: 'RUNNING' }, { state: 'running', stage: 'generating', progress: undefined }],
    [{ status: 'BRAND_NEW' }, { state: 'running', stage: 'generating' }],
    [{ status: 'SUCCEEDED', output: ['https://cdn.example/a.mp4?_jwt=x', 'https://cdn.example/b.mp4'] }, { state: 'completed', result: { videoUrl: 'https://cdn.example/a.mp4?_jwt=x' } }],
    [{ status: 'SUCCEEDED', output: [] }, { state: 'completed', result: {} }],
    [{ status: 'CANCELLED' }, { state: 'cancelled' }],
    [{ status: 'FAILED', failure: 'Text was rejected', failureCode: 'SAFETY.INPUT.TEXT' }, { state: 'failed', failure: { class: 'moderation', code: 'SAFETY.INPUT.TEXT', message: 'Text was rejected' } }],
    [{ status: 'FAILED', failure: 'rejected', failureCode: 'INPUT_PREPROCESSING.SAFETY.TEXT' }, { state: 'failed', failure: { class: 'moderation' } }],
    [{ status: 'FAILED', failure: 'An image is broken', failureCode: 'ASSET.INVALID' }, { state: 'failed', failure: { class: 'invalid_input' } }],
    [{ status: 'FAILED', failure: 'bad', failureCode: 'INTERNAL.BAD_OUTPUT.CODE01' }, { state: 'failed', failure: { class: 'unavailable' } }],
    [{ status: 'FAILED', failure: 'no reason' }, { state: 'failed', failure: { class: 'unknown', message: 'no reason' } }],
    [{ id: 'another', status: 'SUCCEEDED', output: ['https://cdn.example/a.mp4'] }, { state: 'unavailable' }]
  ]
  for (const [body, expected] of cases) {
    server.answer = task(body)
    t.match(await upstream.poll(job, signal), expected, JSON.stringify(body))
  }
  t.match(server.requests[0], { method: 'GET', path: `/v1/tasks/${ID}`, headers: { 'x-runway-version': '2024-11-06' } })
  t.equal(upstream.capabilities.minPollMs, 5_000)
})

t.test('a cancel never deletes a finished video', async t => {
  const { server, upstream } = await build(t)
  const answers = (status: string, deleted: Answer): Answer => (reply, seen) => (seen.method === 'DELETE' ? deleted : task({ status }))(reply, seen)
  const gone = text('', 204)
  for (const [status, deleted, result] of [['RUNNING', gone, 'cancelled'], ['THROTTLED', gone, 'cancelled'], ['RUNNING', json({ error: 'Not found' }, 404), 'tooLate'], ['CANCELLED', gone, 'cancelled']] as const) {
    server.answer = answers(status, deleted)
    t.equal(await upstream.cancel!(job, signal), result, status)
  }
  const before = server.requests.filter(({ method }) => method === 'DELETE').length
  for (const status of ['SUCCEEDED', 'FAILED']) {
    server.answer = answers(status, gone)
    t.equal(await upstream.cancel!(job, signal), 'tooLate', status)
  }
  server.answer = json({}, 503)
  await t.rejects(upstream.cancel!(job, signal))
  t.equal(server.requests.filter(({ method }) => method === 'DELETE').length, before)
})

t.test('a video is changed by its model, or by Aleph', async t => {
  const { server, upstream } = await build(t)
  server.answer = (reply, seen) => (seen.method === 'POST' ? json({ id: 'new' }) : task({ status: 'SUCCEEDED', output: ['https://cdn.example/fresh.mp4'] }))(reply, seen)
  const cases: [SubmissionRequest, object][] = [
    [asked('gen4.5', { size: '1280x720', duration: 5 }), { model: 'aleph2', promptText: 'a cat', videoUri: 'https://cdn.example/fresh.mp4' }],
    [asked('seedance2', { size: '1280x720', duration: 5 }), { model: 'seedance2', promptText: 'a cat', ratio: '1280:720', duration: 5, promptVideo: 'https://cdn.example/fresh.mp4' }]
  ]
  for (const [request, body] of cases) {
    await upstream.remix!(job, request, signal)
    t.match(server.requests.at(-1), { method: 'POST', path: '/v1/video_to_video' })
    t.same(JSON.parse(server.requests.at(-1)!.body.toString()), body)
  }
  const sent = server.requests.length
  t.match(await upstream.edit!(undefined, asked('aleph2', { video: { bytes: Buffer.alloc(13_000_000), contentType: 'video/mp4', fileName: 'a.mp4' } }), signal), { outcome: 'refused' })
  t.equal(server.requests.length, sent)
  t.notOk(upstream.extend)
})

t.test('an account without credits is a matter of quota, a daily cap one of the rate', async t => {
  const { server, upstream } = await build(t)
  server.answer = json({ error: 'You do not have enough credits to run this task.' }, 400)
  t.match(await upstream.create(asked('gen4.5'), signal), { outcome: 'refused', failure: { class: 'quota' } })
  server.answer = json({ error: 'You have reached your daily task limit.' }, 429)
  t.match(await upstream.create(asked('gen4.5'), signal), { outcome: 'refused', failure: { class: 'rate_limit' } })
})

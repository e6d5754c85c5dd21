import t, { type Test } from 'tap'
import { createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { InputImage, SubmissionRequest } from '../../server/upstreams/upstream.ts'
import { json, startScriptedServer, type Answer } from '../support/scripted-server.ts'

const KEY = 'key-id:key-secret'
const ID = '80e732af-660e-45cd-bd63-580e4f2a94cc'
const signal = new AbortController().signal
const image: InputImage = { bytes: Buffer.from('png bytes'), contentType: 'image/png', fileName: 'cat.png' }
const IMAGE_URI = `data:image/png;base64,${Buffer.from('png bytes').toString('base64')}`
const asked = (model: string, more: Partial<SubmissionRequest> = {}): SubmissionRequest => ({ reference: 'video_1-1', prompt: 'a cat', model, parameters: {}, ...more })

async function build (t: Test, { models = null as string[] | null, suffix = '' } = {}) {
  const server = await startScriptedServer(t, json({ request_id: ID, status: 'IN_QUEUE' }))
  const egress = createEgress()
  t.teardown(() => egress.close())
  const upstream = createUpstream('fal', { channelId: 'c1', baseUrl: server.url + suffix, apiKey: KEY, settings: { models } }, egress)
  const request = `${server.url}${suffix}/fal-ai/veo3.1/requests/${ID}`
  const job = { externalTaskId: ID, handle: { statusUrl: `${request}/status`, responseUrl: request, cancelUrl: `${request}/cancel` } }
  return { server, upstream, job }
}

/** First this status, then this response. */
function ended (response: Answer): Answer {
  return (reply, seen) => (seen.path.endsWith('/status') ? json({ status: 'COMPLETED', request_id: ID }) : response)(reply, seen)
}

t.test('what is asked for decides the endpoint, and the model how its fields are spelt', async t => {
  const { server, upstream } = await build(t)
  const cases: [SubmissionRequest, string, object][] = [
    [asked('fal-ai/veo3.1'), '/fal-ai/veo3.1', { prompt: 'a cat' }],
    [asked('fal-ai/veo3.1', { size: '1920x1080', duration: 8, seed: 7, negativePrompt: 'dogs', audio: false }), '/fal-ai/veo3.1', { prompt: 'a cat', aspect_ratio: '16:9', resolution: '1080p', duration: '8s', seed: 7, negative_prompt: 'dogs', generate_audio: false }],
    [asked('fal-ai/veo3.1', { image }), '/fal-ai/veo3.1/image-to-video', { prompt: 'a cat', image_url: IMAGE_URI }],
    [asked('fal-ai/veo3.1', { firstFrame: image, lastFrame: image }), '/fal-ai/veo3.1/first-last-frame-to-video', { prompt: 'a cat', first_frame_url: IMAGE_URI, last_frame_url: IMAGE_URI }],
    [asked('fal-ai/veo3.1', { referenceImages: [image, image] }), '/fal-ai/veo3.1/reference-to-video', { prompt: 'a cat', image_urls: [IMAGE_URI, IMAGE_URI] }],
    [asked('fal-ai/kling-video/v3/pro', { aspectRatio: '1:1', duration: 15 }), '/fal-ai/kling-video/v3/pro/text-to-video', { prompt: 'a cat', aspect_ratio: '1:1', duration: '15' }],
    [asked('fal-ai/kling-video/v3/pro', { imageUrl: 'https://example.com/cat.png', lastFrame: image }), '/fal-ai/kling-video/v3/pro/image-to-video', { prompt: 'a cat', start_image_url: 'https://example.com/cat.png', end_image_url: IMAGE_URI }],
    [asked('fal-ai/ltx-2.3', { fps: 48 }), '/fal-ai/ltx-2.3/text-to-video', { prompt: 'a cat', fps: '48' }],
    [asked('xai/grok-imagine-video', { duration: 3, parameters: { resolution: '480p', prompt: 'other', video_url: 'https://example.com/x.mp4' } }), '/xai/grok-imagine-video/text-to-video', { prompt: 'a cat', duration: 3, resolution: '480p' }]
  ]
  for (const [request, path, body] of cases) {
    t.match(await upstream.create(request, signal), { outcome: 'accepted', externalTaskId: ID })
    const seen = server.requests.at(-1)!
    t.match(seen, { method: 'POST', path, headers: { authorization: `Key ${KEY}`, 'content-type': 'application/json' } })
    t.same(JSON.parse(seen.body.toString()), body, path)
  }
})

t.test('an endpoint that a channel lists by its whole id is called as it is, but never another address', async t => {
  const { server, upstream } = await build(t, { models: ['fal-ai/wan/v2.2-5b/text-to-video', '*'] })
  await upstream.create(asked('fal-ai/wan/v2.2-5b/text-to-video', { size: '1280x720' }), signal)
  t.equal(server.requests[0]!.path, '/fal-ai/wan/v2.2-5b/text-to-video')
  t.same(JSON.parse(server.requests[0]!.body.toString()), { prompt: 'a cat', aspect_ratio: '16:9', resolution: '720p' })
  for (const model of ['../admin', 'a/../../b', 'a?b', 'a//b', 'a/b#c', 'a/%2e%2e']) t.match(await upstream.create(asked(model), signal), { outcome: 'refused' }, model)
  t.equal(server.requests.length, 1)
})

t.test('the addresses of the reply are kept, on the own origin only', async t => {
  const { server, upstream } = await build(t)
  const given = (origin: string) => ({ request_id: ID, status_url: `${origin}/x/y/requests/${ID}/status`, response_url: `${origin}/x/y/requests/${ID}`, cancel_url: `${origin}/x/y/requests/${ID}/cancel` })
  const request = `${server.url}/x/y/requests/${ID}`
  const handle = { statusUrl: `${request}/status`, responseUrl: request, cancelUrl: `${request}/cancel` }
  for (const origin of [server.url, 'https://queue.fal.run', 'http://169.254.169.254']) {
    server.answer = json(given(origin))
    t.match(await upstream.create(asked('fal-ai/veo3.1'), signal), { outcome: 'accepted', handle }, origin)
  }
  server.answer = json({ request_id: ID, status_url: 7 })
  t.match(await upstream.create(asked('fal-ai/kling-video/v3/pro'), signal), { handle: { statusUrl: `${server.url}/fal-ai/kling-video/requests/${ID}/status` } }, 'without addresses the documented ones')
  t.match(await upstream.poll({ externalTaskId: ID }, signal), { state: 'unavailable' }, 'and without any nothing is asked')
})

t.test('a running request is polled with 202, and says its place in the queue', async t => {
  const { server, upstream, job } = await build(t)
  server.answer = json({ status: 'IN_QUEUE', queue_position: 3, request_id: ID }, 202)
  t.same(await upstream.poll(job, signal), { state: 'running', stage: 'waiting', queuePosition: 3 })
  server.answer = json({ status: 'IN_PROGRESS', request_id: ID, logs: null }, 202)
  t.same(await upstream.poll(job, signal), { state: 'running', stage: 'generating' })
  server.answer = json({ status: 'COMPLETED', request_id: 'another' })
  t.match(await upstream.poll(job, signal), { state: 'unavailable' })
})

t.test('COMPLETED is a success only when the response is', async t => {
  const { server, upstream, job } = await build(t)
  const failed = (type: string, message: string) => json({ detail: [{ loc: ['body', 'prompt'], msg: message, type }] }, 422)
  const cases: [Answer, object][] = [
    [json({ video: { url: 'https://v3.fal.media/a.mp4' } }), { state: 'completed', result: { videoUrl: 'https://v3.fal.media/a.mp4' } }],
    [json({ videos: [{ url: 'https://v3.fal.media/b.mp4' }] }), { state: 'completed', result: { videoUrl: 'https://v3.fal.media/b.mp4' } }],
    [json({ seed: 1 }), { state: 'completed', result: {} }],
    [failed('content_policy_violation', 'The content was flagged by a content checker.'), { state: 'failed', failure: { class: 'moderation', code: 'content_policy_violation' } }],
    [failed('image_too_small', 'The image is too small.'), { state: 'failed', failure: { class: 'invalid_input', code: 'image_too_small' } }],
    [json({ detail: 'Request timed out', error_type: 'request_timeout' }, 504), { state: 'failed', failure: { class: 'unavailable', code: 'request_timeout', message: 'Request timed out' } }],
    [json({ detail: 'Gone' }, 503, { 'x-fal-error-type': 'runner_disconnected' }), { state: 'failed', failure: { class: 'unavailable', code: 'runner_disconnected' } }],
    [json({ detail: 'cancelled', error_type: 'client_cancelled' }, 499), { state: 'cancelled' }],
    [json({ detail: 'Bad gateway' }, 502), { state: 'unavailable' }],
    [json({ detail: 'Unauthorized' }, 401), { state: 'unavailable', failure: { class: 'auth' } }],
    [json({ detail: 'Not found' }, 404), { state: 'missing' }]
  ]
  for (const [response, expected] of cases) {
    server.answer = ended(response)
    t.match(await upstream.poll(job, signal), expected, JSON.stringify(expected))
  }
})

t.test('a cancel asks, and knows when it is too late', async t => {
  const { server, upstream, job } = await build(t)
  const cases: [Answer, string][] = [[json({ status: 'CANCELLATION_REQUESTED' }, 202), 'requested'], [json({ status: 'ALREADY_COMPLETED' }, 400), 'tooLate'], [json({ status: 'NOT_FOUND' }, 404), 'tooLate']]
  for (const [answer, result] of cases) {
    server.answer = answer
    t.equal(await upstream.cancel!(job, signal), result)
  }
  t.match(server.requests[0], { method: 'PUT', path: `/fal-ai/veo3.1/requests/${ID}/cancel`, headers: { authorization: `Key ${KEY}` } })
  server.answer = json({}, 500)
  await t.rejects(upstream.cancel!(job, signal))
})

t.test('an edit is another endpoint and gets the address of its source, or the upload itself', async t => {
  const { server, upstream, job } = await build(t)
  server.answer = (reply, seen) => (seen.method === 'POST' ? json({ request_id: 'new' }) : ended(json({ video: { url: 'https://v3.fal.media/a.mp4' } })))(reply, seen)
  await upstream.remix!(job, asked('fal-ai/kling-video/o3/pro', { duration: 5, size: '1280x720' }), signal)
  t.equal(server.requests.at(-1)!.path, '/fal-ai/kling-video/o3/pro/video-to-video/edit')
  t.same(JSON.parse(server.requests.at(-1)!.body.toString()), { prompt: 'a cat', video_url: 'https://v3.fal.media/a.mp4' })

  await upstream.extend!(undefined, asked('xai/grok-imagine-video', { duration: 6, video: { bytes: Buffer.from('mp4'), contentType: 'video/mp4', fileName: 'a.mp4' } }), signal)
  t.equal(server.requests.at(-1)!.path, '/xai/grok-imagine-video/extend-video')
  t.same(JSON.parse(server.requests.at(-1)!.body.toString()), { prompt: 'a cat', duration: 6, video_url: 'data:video/mp4;base64,bXA0' })
})

t.test('given up while its source is asked after, nothing was sent', async t => {
  const { server, upstream, job } = await build(t)
  const stop = new AbortController()
  server.answer = () => stop.abort()
  t.match(await upstream.remix!(job, asked('fal-ai/wan/v2.7'), stop.signal), { outcome: 'unsent', failure: { class: 'unknown' } })
  t.same(server.requests.map(({ method }) => method), ['GET'])
})

t.test('a source that is gone makes nothing', async t => {
  const { server, upstream, job } = await build(t)
  server.answer = json({ detail: 'Not found' }, 404)
  t.match(await upstream.remix!(job, asked('fal-ai/wan/v2.7'), signal), { outcome: 'refused', failure: { class: 'invalid_input' } })
  server.answer = json({}, 503)
  t.match(await upstream.remix!(job, asked('fal-ai/wan/v2.7'), signal), { outcome: 'unsent' })
  t.ok(server.requests.every(({ method }) => method === 'GET'))
})

t.test('an account without balance is a matter of quota', async t => {
  const { server, upstream } = await build(t)
  server.answer = json({ detail: 'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.' }, 403)
  t.match(await upstream.create(asked('fal-ai/veo3.1'), signal), { outcome: 'refused', failure: { class: 'quota' } })
})

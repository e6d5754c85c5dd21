import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { startApp } from '../../../support/app.ts'
import { png } from '../../../support/images.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t)
const { admin, login, db, waitForTask } = await startApp(t, upstream.env)
const source = await waitForTask((await admin.createTask()).videoId, 'COMPLETED')
const REMIX = `${TASKS}/${source.id}/remix`

interface Refusal { status?: number, code?: string, field?: string }

type Case = [what: string, payload: InjectOptions['payload'], refusal: Refusal, headers?: Record<string, string>]

/** A body that is fine, but for the parts given. */
const body = (parts: object) => ({ prompt: 'a cat', ...parts })
const json = { 'content-type': 'application/json' }

async function countTraces () {
  const { tasks, keys } = await db.selectNoFrom(eb => [
    eb.selectFrom('tasks').select(eb.fn.countAll().as('count')).as('tasks'),
    eb.selectFrom('idempotency_keys').select(eb.fn.countAll().as('count')).as('keys')
  ]).executeTakeFirstOrThrow()
  return { tasks, keys, paid: (await upstream.ledger()).length }
}

/** The refusal says what is wrong with which field and what to do; nothing was created, nothing paid. */
async function checkRefused (t: Test, url: string, payload: InjectOptions['payload'], { status = 400, code = 'REQUEST_INVALID', field }: Refusal, headers: Record<string, string> = {}) {
  const before = await countTraces()
  const response = await admin.post(url, payload, headers)
  t.equal(response.statusCode, status)
  const answer = response.json()
  t.match(answer, { success: false, code, error: /\S/, hint: /\S/, requestId: /\S/, requestTime: Number })
  if (field) t.match(answer.details, [{ field, message: /\S/ }])
  t.notMatch(answer, { videoId: String })
  t.same(await countTraces(), before)
}

const pictureUrl = (side: number) => `data:image/png;base64,${png(side, side).toString('base64')}`

const BODIES: Case[] = [
  ['no prompt', {}, { field: 'prompt' }],
  ['an empty prompt', { prompt: '' }, { field: 'prompt' }],
  ['a blank prompt', { prompt: ' \n　' }, { field: 'prompt' }],
  ['a prompt of 32,001 characters', { prompt: '猫'.repeat(32_001) }, { field: 'prompt' }],
  ['a prompt that is a number', { prompt: 5 }, { field: 'prompt' }],
  ['a prompt that is null', { prompt: null as never }, { field: 'prompt' }],
  ['a NUL in the prompt', { prompt: 'a\0b' }, { field: 'prompt' }],
  ['half a character in the prompt', '{"prompt":"\\ud83d"}', { field: 'prompt' }, json],
  ['an unknown field', body({ promt: 'a dog' }), { field: 'promt' }],
  ['a list', '[]', { field: 'body' }, json],
  ['null', 'null', { field: 'body' }, json],
  ['a string', '"a cat"', { field: 'body' }, json],
  ['broken JSON', '{"prompt":', {}, json],
  ['nothing', '', {}, json],
  ['a poisoned key', '{"prompt":"a","metadata":{"__proto__":{"admin":true}}}', {}, json],
  ['plain text', 'a cat', { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' }, { 'content-type': 'text/plain' }],
  ['a body beyond every limit', `{"prompt":"${'a'.repeat(17 * 2 ** 20)}"}`, { status: 413, code: 'BODY_TOO_LARGE' }, json],
  ['an unknown model', body({ model: 'sora-9' }), { code: 'MODEL_UNKNOWN', field: 'model' }],
  ['a model that every object has', body({ model: 'constructor' }), { code: 'MODEL_UNKNOWN', field: 'model' }],
  ['a model with a NUL', body({ model: 'sora\0' }), {}],
  ['a size that is none', body({ size: 'large' }), { field: 'size' }],
  ['a ratio that is none', body({ aspectRatio: '16x9' }), { field: 'aspectRatio' }],
  ['both size and ratio', body({ size: '720x1280', aspectRatio: '9:16' }), { field: 'aspectRatio' }],
  ['a duration of nothing', body({ duration: 0 }), { field: 'duration' }],
  ['a duration in words', body({ duration: 'ten' }), { field: 'duration' }],
  ['seconds that are none', body({ seconds: 'ten' }), { field: 'seconds' }],
  ['two durations', body({ seconds: '15', duration: 10 }), { field: 'seconds' }],
  ['a watermark in words', body({ watermark: 'yes' }), { field: 'watermark' }],
  ['a seed with a fraction', body({ seed: 1.5 }), { field: 'seed' }],
  ['a strength above 1', body({ strength: 1.1 }), { field: 'strength' }],
  ['frames a second with a fraction', body({ fps: 29.97 }), { field: 'fps' }],
  ['a style that is none', body({ style: '' }), { field: 'style' }],
  ['a NUL in the camera\'s motion', body({ cameraMotion: 'pan\0' }), { field: 'cameraMotion' }],
  ['audio in words', body({ audio: 'loud' }), { field: 'audio' }],
  ['no reference images', body({ referenceImages: [] }), { field: 'referenceImages' }],
  ['too many reference images', body({ referenceImages: Array(11).fill('data:') }), { field: 'referenceImages' }],
  ['a fake first frame', body({ firstFrame: 'data:image/png;base64,AAAA' }), { field: 'firstFrame' }],
  ['a last frame from this machine', body({ lastFrame: 'https://127.0.0.1/a.png' }), { field: 'lastFrame' }],
  ['a fake reference image', body({ referenceImages: [pictureUrl(8), 'data:image/png;base64,AAAA'] }), { field: 'referenceImages.1' }],
  ['what the model does not take', body({ style: 'film', audio: true, firstFrame: pictureUrl(8), referenceImages: [pictureUrl(8)] }), { code: 'CAPABILITY_MISSING', field: 'firstFrame' }],
  ['parameters that are a list', body({ parameters: [] }), { field: 'parameters' }],
  ['a NUL deep in the parameters', body({ parameters: { a: [{ b: '\0' }] } }), { field: 'parameters' }],
  ['metadata.type', body({ metadata: { type: 'generation' } }), { field: 'metadata.type' }],
  ['metadata.remix_from', body({ metadata: { remix_from: source.id } }), { field: 'metadata.remix_from' }],
  ['metadata.remix_from_external', body({ metadata: { remix_from_external: 'x' } }), { field: 'metadata.remix_from_external' }],
  ['more than 4 KiB of metadata', body({ metadata: { note: '猫'.repeat(1_400) } }), { field: 'metadata' }],
  ['metadata that are text', body({ metadata: 'note' }), { field: 'metadata' }],
  ['a NUL in a metadata key', body({ metadata: { 'a\0': 1 } }), { field: 'metadata' }],
  ['a client request id that is too long', body({ clientRequestId: 'x'.repeat(256) }), { field: 'clientRequestId' }],
  ['a client request id with a NUL', body({ clientRequestId: 'x\0' }), { field: 'clientRequestId' }],
  ['an idempotency key that is too long', body({}), { field: 'idempotency-key' }, { 'idempotency-key': 'x'.repeat(256) }],
  ['a fake image', body({ inputReference: `data:image/png;base64,${Buffer.from('not a picture').toString('base64')}` }), { field: 'inputReference' }],
  ['an image that is no data URL', body({ inputReference: 'data:image/png,plain' }), { field: 'inputReference' }],
  ['an image from this machine', body({ inputReference: 'https://127.0.0.1/a.png' }), { field: 'inputReference' }],
  ['an image from a cloud\'s metadata service', body({ inputReference: 'https://169.254.169.254/latest/meta-data' }), { field: 'inputReference' }],
  ['an image from a file', body({ inputReference: 'file:///etc/passwd' }), { field: 'inputReference' }],
  ['an oversized image', body({ inputReference: `data:image/png;base64,${Buffer.alloc(10 * 2 ** 20 + 1).toString('base64')}` }), { status: 413, code: 'BODY_TOO_LARGE' }]
]

for (const url of [TASKS, REMIX]) {
  const operation = url === REMIX ? 'a remix' : 'a creation'
  t.test(`${operation} is refused for`, async t => {
    for (const [what, payload, refusal, headers] of BODIES) await t.test(what, t => checkRefused(t, url, payload, refusal, headers))
    await t.test('a channel that is not there', t => checkRefused(t, url, body({ channelId: 'nowhere' }), url === REMIX ? { field: 'channelId' } : { status: 404, code: 'CHANNEL_NOT_FOUND', field: 'channelId' }))
  })
}

const largePng = Buffer.concat([png(720, 1280), Buffer.alloc(9 * 2 ** 20)])
const picture = () => new File([png(720, 1280)], 'a.png', { type: 'image/png' })

function form (...parts: Array<[name: string, value: string | Blob]>): FormData {
  const form = new FormData()
  for (const [name, value] of parts) form.append(name, value)
  return form
}

const FORMS: Case[] = [
  ['no prompt', form(['model', 'sora_video2']), { field: 'prompt' }],
  ['an unknown field', form(['prompt', 'a cat'], ['promt', 'a dog']), { field: 'promt' }],
  ['a field given twice', form(['prompt', 'a cat'], ['prompt', 'a dog']), { field: 'prompt' }],
  ['a file in the wrong field', form(['prompt', 'a cat'], ['image', picture()]), { field: 'image' }],
  ['a prompt that is a file', form(['prompt', new File(['a cat'], 'prompt.txt')]), { field: 'prompt' }],
  ['two files', form(['input_reference', picture()], ['input_reference', picture()], ['prompt', 'a cat']), { field: 'input_reference' }],
  ['a fake image before the fields', form(['input_reference', new File(['not a picture'], 'a.png', { type: 'image/png' })], ['prompt', 'a cat']), { field: 'input_reference' }],
  ['a fake image after the fields', form(['prompt', 'a cat'], ['input_reference', new File(['GIF89a'], 'a.png', { type: 'image/png' })]), { field: 'input_reference' }],
  ['an oversized image', form(['input_reference', new File([png(720, 1280), Buffer.alloc(10 * 2 ** 20)], 'a.png')], ['prompt', 'a cat']), { status: 413, code: 'BODY_TOO_LARGE' }],
  ['an image given twice over', form(['inputReference', `data:image/png;base64,${png(720, 1280).toString('base64')}`], ['input_reference', picture()], ['prompt', 'a cat']), { field: 'inputReference' }],
  ['a first frame given twice', form(['first_frame', picture()], ['first_frame', picture()], ['prompt', 'a cat']), { field: 'first_frame' }],
  ['a first frame given twice over', form(['first_frame', picture()], ['firstFrame', pictureUrl(8)], ['prompt', 'a cat']), { field: 'firstFrame' }],
  ['11 reference images', form(['prompt', 'a cat'], ...Array.from({ length: 11 }, (): [string, Blob] => ['reference_images', picture()])), { field: 'reference_images' }],
  ['images that are too large together', form(['prompt', 'a cat'], ...Array.from({ length: 4 }, (): [string, Blob] => ['reference_images', new File([largePng], 'a.png')])), { status: 413, code: 'BODY_TOO_LARGE', field: 'reference_images' }],
  ['files that the model does not take', form(['reference_images', picture()], ['last_frame', picture()], ['prompt', 'a cat']), { code: 'CAPABILITY_MISSING', field: 'lastFrame' }],
  ['a poisoned key', form(['metadata', '{"a":{"__proto__":{"admin":true}}}'], ['prompt', 'a cat']), { field: 'metadata' }],
  ['a strength in words', form(['strength', 'strong'], ['prompt', 'a cat']), { field: 'strength' }],
  ['metadata that are no JSON', form(['prompt', 'a cat'], ['metadata', '{']), { field: 'metadata' }],
  ['reserved metadata', form(['metadata', '{"type":"x"}'], ['prompt', 'a cat']), { field: 'metadata.type' }],
  ['poisoned metadata', form(['metadata', '{"__proto__":{"type":"x"}}'], ['prompt', 'a cat'], ['__proto__', 'x']), {}],
  ['a NUL', form(['prompt', 'a\0cat']), { field: 'prompt' }],
  ['a duration in words', form(['duration', 'ten'], ['prompt', 'a cat']), { field: 'duration' }],
  ['a boundary that never comes', '--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na cat', {}, { 'content-type': 'multipart/form-data; boundary=x' }],
  ['a file that breaks off', '--x\r\nContent-Disposition: form-data; name="input_reference"; filename="a.png"\r\n\r\n\x89PNG', {}, { 'content-type': 'multipart/form-data; boundary=x' }],
  ['no boundary', 'a cat', {}, { 'content-type': 'multipart/form-data' }]
]

t.test('a form is refused for', async t => {
  for (const [what, payload, refusal, headers] of FORMS) await t.test(what, t => checkRefused(t, TASKS, payload, refusal, headers))
})

t.test('a remix is refused when its source is', async t => {
  const somebody = await login()
  const theirs = await waitForTask((await somebody.createTask()).videoId, 'COMPLETED')
  const running = await admin.createTask({ prompt: '[[never]]' })
  const failed = await waitForTask((await admin.createTask({ prompt: '[[fail]]' })).videoId, 'FAILED')
  const unknown = { status: 404, code: 'TASK_NOT_FOUND' }
  const unfinished = { status: 409, code: 'SOURCE_NOT_COMPLETED' }
  const cases: Array<[what: string, id: string, refusal: Refusal]> = [
    ['unknown', 'video_1763548734878_dbtefyv', unknown],
    ['another user\'s', theirs.id, unknown],
    ['running', running.videoId, unfinished],
    ['failed', failed.id, unfinished],
    ['named by the provider\'s id', source.external_task_id!, unknown],
    ['named by 500 characters', 'v'.repeat(500), unknown],
    ['named by more than an id can have', 'v'.repeat(600), { status: 404, code: 'TASK_NOT_FOUND' }],
    ['named by more than a path can have', 'v'.repeat(5_000), { status: 404, code: 'ROUTE_NOT_FOUND' }],
    ['named with a NUL', 'video%00', unknown],
    ['named by a path', '..%2f..%2fetc', unknown],
    ['named by what is no URL', '%ff', {}]
  ]
  for (const [what, id, refusal] of cases) await t.test(what, t => checkRefused(t, `${TASKS}/${id}/remix`, body({}), refusal))
})

t.test('what others have cannot be read either', async t => {
  const theirs = await (await login()).createTask()
  for (const path of ['', '/events', '/lineage', '/content']) {
    const response = await admin.get(`${TASKS}/${theirs.videoId}${path}`)
    t.match([response.statusCode, response.json().code], [404, 'TASK_NOT_FOUND'])
  }
})

t.test('who is not signed in is refused before the body is read', async t => {
  for (const url of [TASKS, REMIX]) {
    await checkRefused(t, url, '{"prompt":', { status: 401, code: 'AUTH_REQUIRED' }, { ...json, authorization: 'Bearer x.y.z' })
  }
})

t.test('the sentences come in the language asked for, the codes do not change', async t => {
  const ask = async (language: string) => (await admin.post(TASKS, { prompt: '' }, { 'accept-language': language })).json()
  const [english, chinese] = [await ask('en'), await ask('zh-CN,zh;q=0.9')]
  t.equal(english.code, chinese.code)
  t.equal(english.details[0].field, chinese.details[0].field)
  t.match(english.error, /must not be empty/)
  t.match(chinese.error, /不能为空/)
  t.match(chinese.hint, /\p{Script=Han}/u)

  const twice = (await admin.post(TASKS, { prompt: 'a', size: '720x1280', aspectRatio: '9:16' }, { 'accept-language': 'zh' })).json()
  t.match(twice, { error: /aspectRatio 与 size 含义相同/, details: [{ message: /^与 size 含义相同/ }] })
  const missing = (await admin.post(TASKS, { prompt: 'a', style: 'film' }, { 'accept-language': 'zh' })).json()
  t.match(missing, { code: 'CAPABILITY_MISSING', error: /style 此模型不支持/, details: [{ field: 'style', message: '此模型不支持' }] })
})

import { Readable } from 'node:stream'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import t from 'tap'
import { json, refusal, send, startOpenaiServer } from '../support/openai-server.ts'
import { jpeg, png } from '../support/images.ts'

const { origin, sdk, sdkOf, login, admin, upstream, db } = await startOpenaiServer(t)

const VIDEO_KEYS = ['completed_at', 'created_at', 'error', 'expires_at', 'id', 'model', 'object', 'progress', 'prompt', 'remixed_from_video_id', 'seconds', 'size', 'status']
const post = (body: unknown) => send(origin, admin, '/v1/videos', json(body))
const postForm = (form: FormData) => send(origin, admin, '/v1/videos', { method: 'POST', body: form })
const lastPaid = async () => (await upstream.ledger()).at(-1)!
const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`
/** A PNG of so many bytes: what follows its end is nobody's business. */
const heavyPng = (bytes: number) => Buffer.concat([png(720, 1280), Buffer.alloc(bytes)])

t.test('C1 multipart with a prompt alone, by the SDK', async t => {
  const video = await sdk.videos.create({ prompt: 'a cat' })
  t.match(video, { object: 'video', model: 'sora-2', status: 'in_progress', prompt: 'a cat', seconds: '4', size: '720x1280', error: null })
  t.match(video._request_id, /^[\da-f-]{36}$/)
  t.equal((await lastPaid()).prompt, 'a cat')
})

t.test('C2 a file before the prompt', async t => {
  const form = new FormData()
  form.append('input_reference', new Blob([png(720, 1280)], { type: 'application/octet-stream' }), 'ref.bin')
  form.append('prompt', 'a file first')
  const { status, body } = await postForm(form)
  t.equal(status, 200)
  t.equal((await db.selectFrom('assets').select('kind').where('task_id', '=', body.id).executeTakeFirst())?.kind, 'input')

  const video = await sdk.videos.create({ input_reference: await toFile(jpeg(8, 8), 'ünï"code.jpg'), prompt: 'from the SDK' })
  t.equal(video.object, 'video')
})

t.test('C3 an image by its address, in brackets', async t => {
  await sdk.videos.create({ prompt: 'by address', input_reference: { image_url: dataUrl(png(4, 4)) } })
  t.match((await lastPaid()).request.files, [{ field: 'input_reference', size: png(4, 4).length }], 'the provider got the bytes')
})

t.test('C4 a data URL of 2 MB, and one of 15 MiB, arrive whole', async t => {
  for (const size of [2_000_000, 15_000_000]) {
    const image = heavyPng(size)
    const { id } = await sdk.videos.create({ prompt: 'large', input_reference: { image_url: dataUrl(image) } })
    t.equal((await db.selectFrom('assets').select('size').where('task_id', '=', id).executeTakeFirstOrThrow()).size, String(image.length))
  }
  t.match(await refusal(sdk.videos.create({ prompt: 'too large', input_reference: { image_url: dataUrl(heavyPng(16_000_000)) } })), { status: /400|413/, param: 'input_reference' })
})

t.test('C5 a file_id is refused by name: there is no store of files', async t => {
  t.match(await refusal(sdk.videos.create({ prompt: 'x', input_reference: { file_id: 'file_1' } })), { status: 400, param: 'input_reference' })
})

t.test('C6 a reference needs exactly one of its two fields', async t => {
  for (const reference of [{}, { image_url: null, file_id: null }, { image_url: dataUrl(png(4, 4)), file_id: 'file_1' }]) {
    const { status, body } = await post({ prompt: 'x', input_reference: reference })
    t.equal(status, 400)
    t.equal(body.error.param, 'input_reference')
  }
  const { status } = await post({ prompt: 'the other is null', input_reference: { image_url: dataUrl(png(4, 4)), file_id: null } })
  t.equal(status, 200, 'null is as good as nothing')
})

t.test('C7 and C8 JSON, with seconds as a number or as text', async t => {
  for (const seconds of [8, '8']) {
    const { status, body, headers } = await post({ prompt: 'json', model: 'sora-2', seconds, size: '1280x720' })
    t.equal(status, 200)
    t.match(headers.get('content-type'), 'application/json; charset=utf-8')
    t.match(body, { seconds: '8', size: '1280x720' })
    t.match((await lastPaid()).request, { seconds: '8', size: '1280x720' })
  }
  t.equal((await post({ prompt: 'null is nothing', seconds: null, size: null })).status, 200)
})

t.test('C9 a prompt that is missing, empty or too long', async t => {
  for (const body of [{}, { prompt: '' }, { prompt: 'x'.repeat(32_001) }]) {
    const { status, body: { error } } = await post(body)
    t.equal(status, 400)
    t.match(error, { type: 'invalid_request_error', param: 'prompt' })
  }
  t.equal((await post({ prompt: 'x'.repeat(32_000) })).status, 200)
})

t.test('C10 an unknown model', async t => {
  t.match(await refusal(sdk.videos.create({ prompt: 'x', model: 'no-such-model' })), { status: 400, code: 'model_not_found', param: 'model' })
})

t.test('C11 an upload that streams', async t => {
  const boundary = 'openai-stream'
  const parts = [
    `--${boundary}\r\nContent-Disposition: form-data; name="input_reference"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`,
    png(720, 1280),
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nstreamed\r\n--${boundary}--\r\n`
  ]
  const { status } = await send(origin, admin, '/v1/videos', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Readable.toWeb(Readable.from(parts)) as ReadableStream,
    duplex: 'half'
  } as RequestInit)
  t.equal(status, 200)
  t.equal((await lastPaid()).prompt, 'streamed')
})

t.test('C12 a prompt in any script', async t => {
  const prompt = '在原视频基础上，再添加一只小猫 🐈 "quoted" ünï'
  t.equal((await sdk.videos.create({ prompt })).prompt, prompt)
  t.equal((await lastPaid()).prompt, prompt)
})

t.test('C13 what the contract does not know goes to the provider', async t => {
  await sdk.videos.create({ prompt: 'more', fps: 24, extra: { a: 1, b: ['x', 'y'] } } as OpenAI.VideoCreateParams)
  const { options } = await db.selectFrom('tasks').select('options').where('prompt', '=', 'more').executeTakeFirstOrThrow()
  t.match(options, { parameters: { fps: '24', extra: { a: '1', b: ['x', 'y'] } } })
  t.match((await lastPaid()).request.fields, { fps: '24' })

  const { body } = await post({ prompt: 'metadata', metadata: { album: 'cats' } })
  t.match((await db.selectFrom('tasks').select('metadata').where('id', '=', body.id).executeTakeFirstOrThrow()).metadata, { album: 'cats' })
})

t.test('C14 another content type', async t => {
  const { status, body } = await send(origin, admin, '/v1/videos', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a cat' })
  t.equal(status, 415)
  t.match(body.error, { type: 'invalid_request_error', code: 'media_type_unsupported' })
})

t.test('C15 thirteen keys of the right types, always', async t => {
  const video = await sdk.videos.create({ prompt: 'keys' })
  t.same(Object.keys(video).sort(), VIDEO_KEYS)
  t.ok(Number.isInteger(video.created_at) && Number.isInteger(video.progress))
  t.ok(Math.abs(video.created_at - Date.now() / 1000) < 60)
  t.type(video.seconds, 'string')
})

t.test('C16 what the model cannot do is refused by field, and nothing is paid for', async t => {
  const before = (await upstream.ledger()).length
  t.match(await refusal(sdk.videos.create({ prompt: 'x', size: '640x480' as OpenAI.VideoSize })), { status: 400, param: 'size' })
  t.match(await refusal(sdk.videos.create({ prompt: 'x', seconds: '5' as OpenAI.VideoSeconds })), { status: 400, param: 'seconds' })
  const { status, headers } = await post({ prompt: 'x', seed: 1 })
  t.equal(status, 400)
  t.equal(headers.get('x-should-retry'), 'false')
  t.equal((await upstream.ledger()).length, before)
})

t.test('C16 sizes and lengths are the model\'s own, whatever the contract lists', async t => {
  const relay = await startOpenaiServer(t, { upstream: { type: 'sora-relay' } })
  const of = (body: object) => send(relay.origin, relay.admin, '/v1/videos', json({ prompt: 'x', ...body }))
  t.match(await of({ model: 'sora_video2-15s', seconds: '15' }), { status: 200, body: { seconds: '15' } })
  t.match(await of({ model: 'sora_video2-15s', seconds: '4' }), { status: 400, body: { error: { code: 'unsupported_value', param: 'seconds' } } })
  t.match(await of({ model: 'sora_video2-portrait', aspect_ratio: '16:9' }), { status: 400, body: { error: { param: 'aspect_ratio' } } })
  t.equal((await relay.upstream.ledger()).length, 1)
})

t.test('forms that mean nothing clear', async t => {
  const cases: [string, string][][] = [
    [['prompt', 'a'], ['prompt', 'b']],
    [['prompt', 'a'], ['__proto__[x]', '1']],
    [['prompt', 'a'], ['a[b][c][d][e][f]', '1']],
    [['prompt', 'a'], ['a', '1'], ['a[b]', '2']],
    [['prompt[x]', 'a']]
  ]
  for (const fields of cases) {
    const form = new FormData()
    for (const [name, value] of fields) form.append(name, value)
    const { status, body } = await postForm(form)
    t.equal(status, 400, JSON.stringify(fields))
    t.type(body.error.message, 'string')
  }
  const form = new FormData()
  form.append('prompt', 'x')
  form.append('input_reference', new Blob(['# not an image']), 'README.md')
  t.match((await postForm(form)).body.error, { param: 'input_reference' })
})

t.test('I1, I2, I3 a key makes one video; with another body it is refused', async t => {
  const create = (prompt: string, idempotencyKey: string) => sdk.videos.create({ prompt }, { headers: { 'Idempotency-Key': idempotencyKey } })
  const first = await create('keyed', 'k1')
  t.equal((await create('keyed', 'k1')).id, first.id)
  t.match(await refusal(create('other', 'k1')), { status: 409, code: 'idempotency_key_reused' })
  const racers = await Promise.all(Array.from({ length: 20 }, () => create('raced', 'k2')))
  t.equal(new Set(racers.map(({ id }) => id)).size, 1)
  t.equal(await upstream.timesPaid('raced'), 1)
})

t.test('I5 another account\'s key is another key', async t => {
  const other = sdkOf(await login())
  const first = await sdk.videos.create({ prompt: 'scoped' }, { headers: { 'Idempotency-Key': 'k5' } })
  t.not((await other.videos.create({ prompt: 'scoped' }, { headers: { 'Idempotency-Key': 'k5' } })).id, first.id)
})

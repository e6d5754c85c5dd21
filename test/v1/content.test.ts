import t from 'tap'
import { refusal, send, startOpenaiServer } from '../support/openai-server.ts'

const { origin, sdk, admin, waitForTask, upstream, db } = await startOpenaiServer(t)

const made = await sdk.videos.create({ prompt: 'a cat' })
await waitForTask(made.id, 'COMPLETED')
const whole = Buffer.from(await (await sdk.videos.downloadContent(made.id)).arrayBuffer())

const read = (headers: Record<string, string> = {}, method = 'GET') => fetch(`${origin}/v1/videos/${made.id}/content`, { method, headers: { authorization: admin.authorization, ...headers } })

t.test('D1 the bytes, their type and their length', async t => {
  const response = await read()
  t.match(response.headers.get('content-type'), 'video/mp4')
  t.equal(response.headers.get('content-length'), String(whole.length))
  t.match(response.headers.get('content-disposition'), `attachment; filename="${made.id}.mp4"`)
  t.same(Buffer.from(await response.arrayBuffer()), whole)
  t.equal(whole.toString('latin1', 4, 8), 'ftyp')
})

t.test('D2 the thumbnail of a provider that has one', async t => {
  const thumbnail = await sdk.videos.downloadContent(made.id, { variant: 'thumbnail' })
  t.equal(thumbnail.headers.get('content-type'), 'image/webp')
  t.equal(Buffer.from(await thumbnail.arrayBuffer()).toString('latin1', 8, 12), 'WEBP')
})

t.test('D2 variants that there are not', async t => {
  t.match(await refusal(sdk.videos.downloadContent(made.id, { variant: 'spritesheet' })), { status: 404, code: 'variant_unavailable' })
  t.match(await send(origin, admin, `/v1/videos/${made.id}/content?variant=poster`), { status: 400, body: { error: { param: 'variant' } } })
})

t.test('D3 not ready is never a success', async t => {
  const running = await sdk.videos.create({ prompt: 'x [[never]]' })
  const { status, headers, body } = await send(origin, admin, `/v1/videos/${running.id}/content`)
  t.equal(status, 409)
  t.equal(body.error.code, 'video_not_ready')
  t.equal(headers.get('x-should-retry'), 'false')
})

t.test('D4 a failed video has no bytes', async t => {
  const failed = await sdk.videos.create({ prompt: 'x [[fail]]' })
  await waitForTask(failed.id, 'FAILED')
  t.match(await refusal(sdk.videos.downloadContent(failed.id)), { status: 409, code: 'video_not_ready' })
})

t.test('D5 a part, and one beyond the end', async t => {
  const part = await read({ range: 'bytes=10-19' })
  t.equal(part.status, 206)
  t.equal(part.headers.get('content-range'), `bytes 10-19/${whole.length}`)
  t.same(Buffer.from(await part.arrayBuffer()), whole.subarray(10, 20))
  const beyond = await read({ range: `bytes=${whole.length}-` })
  t.equal(beyond.status, 416)
  t.match(await beyond.json(), { error: { code: 'range_invalid' } })
})

t.test('D8 HEAD', async t => {
  const head = await read({}, 'HEAD')
  t.equal(head.status, 200)
  t.equal(head.headers.get('content-length'), String(whole.length))
  t.equal(await head.text(), '')
})

t.test('D6 a video that nobody keeps any more', async t => {
  const { id } = await sdk.videos.create({ prompt: 'long ago' })
  await waitForTask(id, 'COMPLETED')
  await db.deleteFrom('assets').where('task_id', '=', id).execute()
  upstream.behave('content', { content: { answer: 404 } })
  const { status, headers, body } = await send(origin, admin, `/v1/videos/${id}/content`)
  upstream.forgetBehaviours()
  t.equal(status, 410)
  t.match(body.error, { type: 'invalid_request_error', code: 'video_expired' })
  t.equal(headers.get('x-should-retry'), 'false')
})

t.test('D7 where the provider redirects, the client does not: it gets the bytes from us', async t => {
  const redirecting = await startOpenaiServer(t, { upstream: { behaviour: { contentMode: 'redirect' } } })
  const { id } = await redirecting.sdk.videos.create({ prompt: 'elsewhere' })
  await redirecting.waitForTask(id, 'COMPLETED')
  for (const copied of [true, false]) {
    if (!copied) await redirecting.db.deleteFrom('assets').where('task_id', '=', id).execute()
    const response = await fetch(`${redirecting.origin}/v1/videos/${id}/content`, { redirect: 'manual', headers: { authorization: redirecting.admin.authorization } })
    t.equal(response.status, 200)
    t.equal(Buffer.from(await response.arrayBuffer()).toString('latin1', 4, 8), 'ftyp')
  }
})

t.test('D9 half of a video is never served as the whole', async t => {
  upstream.behave('content', { content: { answer: 'cut' } }, 1)
  const { id } = await sdk.videos.create({ prompt: 'cut short once' })
  await waitForTask(id, 'COMPLETED')
  t.same(Buffer.from(await (await sdk.videos.downloadContent(id)).arrayBuffer()), whole, 'it was fetched again')

  await db.deleteFrom('assets').where('task_id', '=', id).execute()
  upstream.behave('content', { content: { answer: 'cut' } }, 1)
  await t.rejects(sdk.videos.downloadContent(id).then(response => response.arrayBuffer()), 'the connection breaks')
})

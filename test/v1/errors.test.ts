import { AuthenticationError, BadRequestError, ConflictError, NotFoundError } from 'openai'
import t from 'tap'
import { json, send, startOpenaiServer } from '../support/openai-server.ts'
import { startApp } from '../support/app.ts'

const server = await startOpenaiServer(t)
const { origin, sdk, sdkOf, admin, upstream } = server

const thrownBy = (call: Promise<unknown>) => call.then(() => undefined, (error: unknown) => error)

t.test('S1 each status is the SDK\'s own class', async t => {
  t.ok(await thrownBy(sdk.videos.create({ prompt: '' })) instanceof BadRequestError)
  t.ok(await thrownBy(sdk.videos.retrieve('video_1')) instanceof NotFoundError)
  const running = await sdk.videos.create({ prompt: 'x [[never]]' })
  t.ok(await thrownBy(sdk.videos.downloadContent(running.id)) instanceof ConflictError)
  t.ok(await thrownBy(sdkOf(admin, { apiKey: 'nobody\'s' }).videos.list()) instanceof AuthenticationError)
})

t.test('S2 what passes says when to come again, in milliseconds', async t => {
  const away = await startApp(t, { SANDBOX: 'off' })
  const { statusCode, headers, ...answer } = await away.admin.post('/v1/videos', { prompt: 'x' })
  t.equal(statusCode, 503)
  t.match(answer.json(), { error: { type: 'server_error', code: 'channel_unavailable' } })
  t.equal(headers['retry-after-ms'], '60000')
  t.notOk(headers['x-should-retry'])
})

t.test('S2 the SDK waits as long as a 429 says, and then gets through', async t => {
  const limited = await startOpenaiServer(t, { env: { USER_REQUESTS_PER_MINUTE: '20' } })
  const answers: { status: number, retryAfterMs: number, at: number }[] = []
  const watched = limited.sdkOf(limited.admin, {
    maxRetries: 2,
    async fetch (url, init) {
      const response = await fetch(url, init)
      answers.push({ status: response.status, retryAfterMs: Number(response.headers.get('retry-after-ms')), at: performance.now() })
      return response
    }
  })
  let status = 200
  while (status === 200) ({ status } = await send(limited.origin, limited.admin, '/v1/videos?limit=1'))
  t.equal(status, 429)
  await watched.videos.list()
  t.ok(answers.length > 1)
  t.equal(answers.at(-1)!.status, 200)
  for (const [index, { status, retryAfterMs, at }] of answers.slice(0, -1).entries()) {
    t.equal(status, 429)
    t.ok(retryAfterMs > 0 && answers[index + 1]!.at - at >= retryAfterMs - 50, `waited ${retryAfterMs} ms`)
  }
})

t.test('S3 a refusal after the task was written is not sent again by the SDK', async t => {
  const error = await thrownBy(sdkOf(admin, { maxRetries: 2 }).videos.create({ prompt: 'refused [[refuse]]' }))
  t.match(error, { status: 422, code: 'upstream_refused' })
  const retrying = sdkOf(admin, { maxRetries: 2 })
  upstream.behave('create', { create: { answer: 401 } }, 1)
  t.match(await thrownBy(retrying.videos.create({ prompt: 'key refused' })), { status: 502, code: 'upstream_auth' })
  t.equal(await upstream.timesPaid('key refused'), 0, 'one try, refused; no second')
  t.equal((await server.db.selectFrom('tasks').select('id').where('prompt', '=', 'key refused').execute()).length, 1)
})

t.test('S4 every answer has its request id', async t => {
  for (const path of ['/v1/videos', '/v1/videos/video_1', '/v1/nowhere', '/v1/%']) {
    t.match((await send(origin, admin, path)).headers.get('x-request-id'), /^[\da-f-]{36}$/, path)
  }
})

t.test('S5 what is no request at all is answered in the same envelope', async t => {
  const cases: [string, RequestInit, number][] = [
    ['/v1/videos', { ...json({}), body: '{"prompt":' }, 400],
    ['/v1/videos', { ...json({}), body: '[]' }, 400],
    ['/v1/%', {}, 400],
    ['/v1/nowhere', {}, 404],
    ['/v1/videos', { method: 'PATCH' }, 404],
    ['/v1/videos', json({ prompt: 'x', metadata: { large: 'x'.repeat(25 * 1024 * 1024) } }), 413],
    ['/v1/videos', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: 'no form' }, 400],
    ['/v1/videos', { method: 'POST', headers: { 'content-type': 'multipart/form-data' }, body: 'no boundary' }, 400]
  ]
  for (const [path, init, expected] of cases) {
    const { status, headers, body } = await send(origin, admin, path, init)
    t.equal(status, expected, `${path} ${JSON.stringify(body)}`)
    t.same(Object.keys(body), ['error'])
    t.same(Object.keys(body.error).sort(), ['code', 'message', 'param', 'type'])
    t.match(headers.get('content-type'), 'application/json')
  }
})

t.test('S6 whatever stands behind Bearer is the key', async t => {
  const { status, body } = await send(origin, admin, '/v1/videos', { headers: { authorization: 'Bearer My API Key' } })
  t.equal(status, 401)
  t.match(body.error, { code: 'invalid_api_key', type: 'authentication_error' })
})

t.test('the sentence follows Accept-Language', async t => {
  const { body } = await send(origin, admin, '/v1/videos/video_1', { headers: { 'accept-language': 'zh-CN' } })
  t.match(body.error.message, /未找到|找不到|不存在/)
})

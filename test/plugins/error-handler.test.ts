import t from 'tap'
import { Type } from 'typebox'
import { ErrorSchema } from '../../routes/api/envelope.ts'
import { ReelayError } from '../../server/errors.ts'
import { FORMS } from '../../server/text-forms.ts'
import { buildAccountApp } from '../support/account-app.ts'

const logged: Array<Record<string, any>> = []

const Body = Type.Object({
  prompt: Type.String({ minLength: 1, maxLength: 10 }),
  mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('slow')])),
  seconds: Type.Optional(Type.Union([Type.Number(), Type.String({ pattern: FORMS.seconds }), Type.Object({ max: Type.Integer() }, { additionalProperties: false })])),
  options: Type.Optional(Type.Object({ seed: Type.Integer({ minimum: 0 }) }, { additionalProperties: false })),
  items: Type.Optional(Type.Array(Type.Object({ name: Type.String() }), { maxItems: 2 }))
}, { additionalProperties: false })

const app = await buildAccountApp(t, {
  logger: { level: 'info', stream: { write: (line: string) => logged.push(JSON.parse(line)) } },
  routes: async app => {
    app.post('/tasks', { bodyLimit: 2048, schema: { body: Body, response: { '4xx': ErrorSchema } } }, async () => ({}))
    app.post('/optional', { schema: { body: Type.Union([Type.Object({ sure: Type.Optional(Type.Boolean()) }, { additionalProperties: false }), Type.Null(), Type.Undefined()]), response: { '4xx': ErrorSchema } } }, async () => ({}))
    app.get('/since', { schema: { querystring: Type.Object({ from: Type.String({ format: 'date-time' }) }) } }, async request => request.query)
    app.get('/list', { schema: { querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }), all: Type.Optional(Type.Boolean()), tag: Type.Optional(Type.Array(Type.String())) }, { additionalProperties: false }) } }, async request => request.query)
    app.get('/fail/:how', async request => { throw FAILURES[(request.params as { how: string }).how]() })
  }
})

const FAILURES: Record<string, () => unknown> = {
  source: () => new ReelayError('SOURCE_NOT_COMPLETED', { params: { status: 'PROCESSING' } }),
  upstream: () => new ReelayError('UPSTREAM_REFUSED', { params: { reason: 'no cats' }, videoId: 'video_1' }),
  limited: () => new ReelayError('RATE_LIMITED', { params: { reason: { reason: 'openStreams', params: { limit: 5 } } }, retryAfterSeconds: 7 }),
  channel: () => new ReelayError('CHANNEL_UNAVAILABLE', { params: { reason: 'none' } }),
  database: () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  crash: () => new Error('password=hunter2'),
  text: () => 'not even an error',
  teapot: () => Object.assign(new Error('short and stout'), { statusCode: 418 })
}

const get = (url: string, headers = {}) => app.inject({ url, headers })
const post = (payload: unknown, headers = {}) => app.inject({ method: 'POST', url: '/tasks', payload: payload as object, headers: { 'content-type': 'application/json', ...headers } })

t.test('an error has every part of the envelope, in the language asked for', async t => {
  const response = await get('/fail/source')
  t.equal(response.statusCode, 409)
  t.match(response.headers, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  const { requestId, requestTime, ...body } = response.json()
  t.same(body, {
    success: false,
    error: 'The source video is PROCESSING, not COMPLETED',
    code: 'SOURCE_NOT_COMPLETED',
    hint: 'Wait until it is finished, then remix it.'
  })
  t.ok(requestId && Number.isInteger(requestTime))
  t.match((await get('/fail/source', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' })).json(), { code: 'SOURCE_NOT_COMPLETED', error: '源视频当前为 PROCESSING，尚未完成' })
})

t.test('DEFAULT_LOCALE speaks where the client says nothing', async t => {
  const chinese = await buildAccountApp(t, { env: { DEFAULT_LOCALE: 'zh-CN' } })
  t.match((await chinese.inject('/nowhere')).json().error, /不存在/)
  t.match((await chinese.inject({ url: '/nowhere', headers: { 'accept-language': 'en-GB' } })).json().error, /nothing at GET \/nowhere/)
  t.match((await chinese.inject('/%zz')).json().error, /请求无效/)
})

t.test('the task that was written before a refusal is named', async t => {
  t.match((await get('/fail/upstream')).json(), { code: 'UPSTREAM_REFUSED', videoId: 'video_1' })
})

t.test('429 and 503 say when to come back', async t => {
  t.match(await get('/fail/limited'), { statusCode: 429, headers: { 'retry-after': '7' } })
  t.match(await get('/fail/channel'), { statusCode: 503, headers: { 'retry-after': '2' } })
  const database = await get('/fail/database')
  t.match(database, { statusCode: 503, headers: { 'retry-after': '2' } })
  t.equal(database.json().code, 'DATABASE_UNAVAILABLE')
})

t.test('Postgres away is 503 at the front door too', async t => {
  const blind = await buildAccountApp(t, { databaseUrl: 'postgres://127.0.0.1:1/none' })
  const response = await blind.inject({ method: 'POST', url: '/api/auth/login', payload: { username: 'a', password: 'b' } })
  t.match(response, { statusCode: 503, headers: { 'retry-after': '2' } })
  t.equal(response.json().code, 'DATABASE_UNAVAILABLE')
})

t.test('what went wrong inside is hidden from the client and logged with its cause', async t => {
  for (const how of ['crash', 'text']) {
    logged.length = 0
    const response = await get(`/fail/${how}`)
    t.equal(response.statusCode, 500)
    t.equal(response.json().code, 'INTERNAL_ERROR')
    t.notMatch(response.body, /hunter2|stack|not even/)
    t.ok(logged.some(line => line.level === 50))
  }
  const { requestId } = (await get('/fail/crash')).json()
  t.match(logged.find(line => line.level === 50 && line.reqId === requestId), { err: { message: 'password=hunter2' } })
})

t.test('refusals are logged at info', async t => {
  logged.length = 0
  await get('/fail/source')
  t.notOk(logged.some(line => line.level > 30))
  t.ok(logged.some(line => line.code === 'SOURCE_NOT_COMPLETED'))
})

t.test('a body that does not fit is refused by field', async t => {
  const cases: Array<[unknown, string, RegExp]> = [
    [{}, 'prompt', /^is required$/],
    [{ prompt: '' }, 'prompt', /^must not be empty$/],
    [{ prompt: 'x'.repeat(11) }, 'prompt', /at most 10 characters/],
    [{ prompt: 123 }, 'prompt', /^must be a string$/],
    [{ prompt: 'a', status: 'COMPLETED' }, 'status', /^is not a known field$/],
    [{ prompt: 'a', mode: 'odd' }, 'mode', /^must be one of: fast, slow$/],
    [{ prompt: 'a', seconds: 'four' }, 'seconds', /^must be a whole number of seconds, such as 8$/],
    [{ prompt: 'a', seconds: false }, 'seconds', /^must be a number \/ a string \/ an object$/],
    [{ prompt: 'a', seconds: { max: '1' } }, 'seconds.max', /^must be an integer$/],
    [{ prompt: 'a', seconds: { max: 1, min: 0 } }, 'seconds.min', /^is not a known field$/],
    [{ prompt: 'a', options: { seed: '1' } }, 'options.seed', /^must be an integer$/],
    [{ prompt: 'a', options: { seed: -1 } }, 'options.seed', /^must be at least 0$/],
    [{ prompt: 'a', options: {} }, 'options.seed', /^is required$/],
    [{ prompt: 'a', options: { seed: 1, role: 'x' } }, 'options.role', /^is not a known field$/],
    [{ prompt: 'a', items: [{ name: 'a' }, {}] }, 'items.1.name', /^is required$/],
    [{ prompt: 'a', items: [{ name: 'a' }, { name: 'a' }, { name: 'a' }] }, 'items', /at most 2 items/],
    [[], 'body', /^must be an object$/],
    ['', 'body', /^must be an object$/]
  ]
  for (const [payload, field, message] of cases) {
    const response = await post(payload)
    t.equal(response.statusCode, 400)
    t.match(response.json(), { code: 'REQUEST_INVALID', details: [{ field, message }] }, field)
    t.equal(response.json().details.length, 1, 'and nothing else is said')
    t.match(response.json().error, field)
  }
  t.same((await post({ a: 1, b: 2, prompt: 3 })).json().details.map((detail: { field: string }) => detail.field), ['a', 'b', 'prompt'])
  t.match((await post({ prompt: 1 }, { 'accept-language': 'zh' })).json(), { error: '请求无效：prompt 必须是字符串', details: [{ field: 'prompt', message: '必须是字符串' }] })
})

t.test('a body that may be absent is refused when it is another', async t => {
  const optional = (payload: object) => app.inject({ method: 'POST', url: '/optional', payload })
  t.equal((await app.inject({ method: 'POST', url: '/optional' })).statusCode, 200)
  t.match((await optional({ sure: 1 })).json(), { code: 'REQUEST_INVALID', details: [{ field: 'sure', message: 'must be true or false' }] })
  t.match((await optional({ other: 1 })).json(), { code: 'REQUEST_INVALID', details: [{ field: 'other', message: 'is not a known field' }] })
  t.match((await optional([])).json(), { code: 'REQUEST_INVALID', details: [{ field: 'body', message: 'must be an object / null' }] })
})

t.test('prototype keys are refused, not swallowed', async t => {
  t.equal((await post('{"prompt":"a","__proto__":{"x":1}}')).statusCode, 400)
  t.equal((await post('{"prompt":"a","constructor":{"prototype":{"x":1}}}')).statusCode, 400)
})

t.test('query strings are read as what they must be, and only when they are that', async t => {
  t.same((await get('/list?limit=5&all=true&tag=x')).json(), { limit: 5, all: true, tag: ['x'] })
  t.same((await get('/list')).json(), { limit: 20 })
  for (const query of ['limit=1.5', 'limit=abc', 'limit=', 'limit=101', 'limit=0', 'limit=1&limit=2', 'limit=true', 'limit=1e2', 'all=1', 'page=2']) {
    const response = await get(`/list?${query}`)
    t.equal(response.statusCode, 400, query)
    t.match(response.json().details, [{ field: query.split('=')[0] }])
  }
})

t.test('an instant is one that exists', async t => {
  for (const from of ['2024-02-29T23:59:59Z', '2026-11-24T10:00:00.5+08:00', '0001-01-01T00:00:00Z']) t.equal((await get(`/since?from=${encodeURIComponent(from)}`)).statusCode, 200, from)
  for (const from of ['2016-12-31T23:59:60Z', '2023-02-29T00:00:00Z', '2026-11-24', '2026-11-24T24:00:00Z', 'now']) {
    t.match((await get(`/since?from=${encodeURIComponent(from)}`)).json(), { code: 'REQUEST_INVALID', details: [{ field: 'from' }] }, from)
  }
})

t.test('what the framework refuses has its code too', async t => {
  t.match((await post('{ broken')).json(), { code: 'REQUEST_INVALID', error: /not valid JSON/ })
  const large = await post({ prompt: 'x'.repeat(3000) })
  t.match([large.statusCode, large.json()], [413, { code: 'BODY_TOO_LARGE', error: /2 KiB/ }])
  const xml = await post('<a/>', { 'content-type': 'application/xml' })
  t.match([xml.statusCode, xml.json()], [415, { code: 'MEDIA_TYPE_UNSUPPORTED', error: /application\/xml/ }])
  const unknown = await get('/nothing?secret=1')
  t.match([unknown.statusCode, unknown.json()], [404, { code: 'ROUTE_NOT_FOUND', error: 'There is nothing at GET /nothing' }])
  const url = await get('/fail/%ff')
  t.match([url.statusCode, url.json()], [400, { success: false, code: 'REQUEST_INVALID', requestId: String }])
  const long = await get(`/fail/${'x'.repeat(200)}`)
  t.match([long.statusCode, long.json()], [404, { success: false, code: 'ROUTE_NOT_FOUND' }])
  t.match((await get('/fail/teapot')).json(), { code: 'REQUEST_INVALID' })
})

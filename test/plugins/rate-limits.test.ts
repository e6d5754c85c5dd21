import t from 'tap'
import { createKey } from '../../server/accounts/api-keys.ts'
import { buildAccountApp } from '../support/account-app.ts'
import { addUser } from '../support/accounts.ts'
import { startApp, type TestApp } from '../support/app.ts'

const server = await startApp(t, { CORS_ORIGINS: 'https://console.example.com' })
const sibling = await server.startSibling(t)

async function keyWith (requestsPerMinute?: number) {
  const { token } = await createKey(server.db, (await addUser(server.db)).id, { name: 'a', scopes: ['tasks:read'], requestsPerMinute })
  return { authorization: `Bearer ${token}` }
}

const list = ({ app }: TestApp, headers: object, url = '/api/video/tasks') => app.inject({ url, headers: { ...headers } })

t.test('answers tell what is left of a key\'s limit; beyond it 429 names the limit, on every process', async t => {
  const key = await keyWith(2)
  const first = await list(server, key)
  t.equal(first.statusCode, 200)
  t.match(first.headers, { 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': /^\d+\.\d{3}s$/ })
  t.equal((await list(sibling, key)).headers['x-ratelimit-remaining-requests'], '0')

  for (const where of [server, sibling]) {
    const refused = await list(where, key)
    t.equal(refused.statusCode, 429)
    t.match(refused.json(), { code: 'RATE_LIMITED', error: 'Too many requests: this API key may make 2 requests a minute' })
    t.equal(refused.headers['x-ratelimit-remaining-requests'], '0')
    const wait = Number(refused.headers['retry-after'])
    t.ok(wait >= 1 && wait <= 30, `Retry-After: ${wait}`)
  }
  t.match((await list(server, { ...key, 'accept-language': 'zh-CN' })).json().error, '该 API 密钥每分钟最多 2 个请求')
  const openai = await list(server, key, '/v1/videos')
  t.equal(openai.statusCode, 429)
  t.match(openai.json(), { error: { code: 'rate_limit_exceeded', type: 'rate_limit_error', message: /2 requests a minute/ } })
})

t.test('a refused scope costs nothing, no limit shows no headers', async t => {
  const limited = await keyWith(1)
  t.equal((await list(server, limited, '/api/users')).statusCode, 403)
  t.equal((await list(server, limited)).statusCode, 200)
  const free = await list(server, await keyWith())
  t.equal(free.statusCode, 200)
  t.notHas(free.headers, 'x-ratelimit-limit-requests')
})

t.test('streams count when they are opened, and pages of other origins may read the headers', async t => {
  const key = await keyWith(1)
  const polled = await list(server, { ...key, origin: 'https://console.example.com' }, '/api/sse/task-updates?wait=0')
  t.equal(polled.statusCode, 200)
  t.match(polled.headers['access-control-expose-headers'], 'x-ratelimit-remaining-requests')
  t.match(polled.headers['access-control-expose-headers'], 'openai-poll-after-ms, retry-after-ms, x-should-retry')
  t.equal((await list(server, key, '/api/sse/task-updates')).statusCode, 429)
  t.match(await server.app.inject({ method: 'OPTIONS', url: '/api/video/tasks' }), { statusCode: 204, body: '' }, 'OPTIONS that is no preflight')
})

t.test('USER_REQUESTS_PER_MINUTE limits every user, logins and keys together', async t => {
  const limited = await startApp(t, { USER_REQUESTS_PER_MINUTE: '3' })
  const user = await limited.login()
  const { token } = await createKey(limited.db, user.id, { name: 'a', scopes: ['tasks:read'] })
  const key = { authorization: `Bearer ${token}` }
  t.match((await user.get('/api/video/tasks')).headers, { 'x-ratelimit-limit-requests': '3', 'x-ratelimit-remaining-requests': '2' })
  t.equal((await list(limited, key)).headers['x-ratelimit-remaining-requests'], '1')
  t.equal((await list(limited, key)).statusCode, 200)
  const refused = await user.get('/api/video/tasks')
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { error: 'Too many requests: this user may make 3 requests a minute' })
  t.equal((await limited.admin.get('/api/video/tasks')).statusCode, 200, 'others are not touched')
})

t.test('a limit that cannot be counted is 503, not a way around it', async t => {
  const blind = await buildAccountApp(t, { databaseUrl: 'postgres://127.0.0.1:1/none' })
  // As it is for 3 s after Postgres went away.
  blind.callers.findByKey = async () => ({ id: '1', username: 'a', role: 'user', key: { id: 'k', scopes: [], requestsPerMinute: 5 } })
  const answer = await blind.inject({ url: '/api/auth/me', headers: { authorization: 'Bearer rl_x' } })
  t.match(answer, { statusCode: 503, headers: { 'retry-after': '2' } })
  t.match(answer.json(), { code: 'DATABASE_UNAVAILABLE' })
})

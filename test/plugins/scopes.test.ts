import t from 'tap'
import { createKey } from '../../server/accounts/api-keys.ts'
import { SCOPES, type Scope } from '../../server/accounts/scopes.ts'
import { addUser } from '../support/accounts.ts'
import { startApp } from '../support/app.ts'

type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE'
type Operation = { security?: Array<Record<string, string[]>> }

const { app, db, login } = await startApp(t)
const { paths } = (await app.inject('/docs/json')).json()
const routes = Object.entries<Record<string, Operation>>(paths)
  .flatMap(([path, methods]) => Object.entries(methods).map(([method, { security = [] }]) => ({ method: method.toUpperCase() as Method, path, security })))
  .filter(({ security }) => security.length > 0)

/** What the document says that a key needs; undefined: no key will do. */
const needed = ({ security }: typeof routes[number]) => security.find(scheme => scheme.apiKey)?.apiKey

/** The rule, and what departs from it. */
function expected (method: Method, path: string): string[] | undefined {
  if (path === '/api/auth/me') return []
  if (/^\/api\/(auth|keys)/.test(path)) return undefined
  if (/^(\/api\/(users|channels)|\/metrics)/.test(path)) return ['admin']
  if (path === '/api/sse/tickets') return ['tasks:read']
  if (path === '/api/webhooks/callback-secret') return ['tasks:write']
  return [method === 'GET' || method === 'HEAD' ? 'tasks:read' : 'tasks:write']
}

async function keyOf (role: 'admin' | 'user', scopes: Scope[]) {
  const { token } = await createKey(db, (await addUser(db, role)).id, { name: 'a', scopes })
  return { authorization: `Bearer ${token}` }
}

const call = ({ method, path }: { method: Method, path: string }, headers: object) => {
  const url = path.replace('{videoId}', 'video_1795482977101_xd2m8l8').replace(/\{\w+\}/g, crypto.randomUUID())
  return app.inject({ method, url, headers: { ...headers } })
}

const lacking = Object.fromEntries(await Promise.all(SCOPES.map(async scope => [scope, await keyOf('admin', SCOPES.filter(other => other !== scope))] as const)))
const all = await keyOf('admin', [...SCOPES])

for (const route of routes) {
  const { method, path } = route
  t.test(`${method} ${path} takes keys as the rule says, and as it is documented`, async t => {
    const scopes = needed(route)
    t.same(scopes, expected(method, path))
    const [scope] = scopes ?? []
    if (!scopes) {
      const refused = await call(route, all)
      t.equal(refused.statusCode, 403)
      t.match(refused.body, 'it needs a login')
    } else if (scope) {
      const refused = await call(route, lacking[scope as Scope])
      t.equal(refused.statusCode, 403)
      if (method !== 'HEAD') t.match(refused.body, `lacks the scope ${scope}`)
    }
  })
}

t.test('with its scope a key is let in, whatever it then finds', async t => {
  const reader = await keyOf('user', ['tasks:read'])
  const writer = await keyOf('user', ['tasks:write'])
  const read = ['/api/video/tasks', '/api/webhooks', '/api/sse/task-updates?wait=0'] as const
  for (const path of read) t.equal((await call({ method: 'GET', path }, reader)).statusCode, 200, path)
  t.equal((await call({ method: 'POST', path: '/api/sse/tickets' }, reader)).statusCode, 201)
  t.equal((await call({ method: 'DELETE', path: '/api/video/tasks/{videoId}' }, writer)).statusCode, 404)
  t.equal((await call({ method: 'GET', path: '/api/video/tasks' }, writer)).statusCode, 403, 'writing is not reading')
  t.equal((await app.inject({ method: 'HEAD', url: '/api/video/tasks', headers: reader })).statusCode, 200)
  t.match((await call({ method: 'GET', path: '/api/video/tasks/{videoId}/content' }, reader)).json(), { code: 'TASK_NOT_FOUND' })
})

t.test('the scope admin is worth nothing without an administrator', async t => {
  const administrator = await keyOf('admin', ['admin'])
  for (const path of ['/api/users', '/metrics']) {
    t.equal((await call({ method: 'GET', path }, administrator)).statusCode, 200)
    const refused = await call({ method: 'GET', path }, await keyOf('user', ['admin']))
    t.equal(refused.statusCode, 403)
    t.match(refused.json(), { code: 'PERMISSION_DENIED', error: /only administrators/ })
  }
  const demoted = await addUser(db, 'admin')
  const { token } = await createKey(db, demoted.id, { name: 'a', scopes: ['admin'] })
  await db.updateTable('users').set({ role: 'user' }).where('id', '=', demoted.id).execute()
  t.equal((await call({ method: 'GET', path: '/api/users' }, { authorization: `Bearer ${token}` })).statusCode, 403)
})

t.test('a login needs no scope', async t => {
  const user = await login()
  for (const url of ['/api/keys', '/api/video/tasks', '/api/auth/sessions']) t.equal((await user.get(url)).statusCode, 200)
  t.match((await user.get('/api/users', { 'accept-language': 'zh' })).json(), { code: 'PERMISSION_DENIED', error: '没有权限执行此操作：仅限管理员' })
})

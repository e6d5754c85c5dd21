import t from 'tap'
import { buildAccountApp } from '../../support/account-app.ts'
import { addUser, PASSWORD } from '../../support/accounts.ts'

const app = await buildAccountApp(t)
const admin = await addUser(app.db, 'admin')

async function signIn (username: string, password = PASSWORD) {
  const response = await app.inject({ method: 'POST', url: '/api/auth/login', payload: { username, password } })
  return { response, authorization: `Bearer ${response.json().data?.token}` }
}

const { authorization } = await signIn(admin.username)

function call (method: 'GET' | 'POST' | 'PATCH', path = '', payload?: object, headers: object = { authorization }) {
  return app.inject({ method, url: `/api/users${path}`, payload, headers: { ...headers } })
}

t.test('an administrator creates a user who can sign in', async t => {
  const response = await call('POST', '', { username: '王小明', password: PASSWORD })
  t.equal(response.statusCode, 201)
  t.match(response.json().data, { id: /^\d+$/, username: '王小明', role: 'user', disabled: false, createdAt: /Z$/ })
  t.notMatch(response.body, 'argon2')
  t.equal((await signIn('王小明')).response.statusCode, 200)

  t.equal((await call('POST', '', { username: '王小明', password: PASSWORD })).json().code, 'USER_EXISTS')
})

t.test('what a user cannot be is refused by field', async t => {
  const cases: Array<[object, string]> = [
    [{ username: 'a b', password: PASSWORD }, 'username'],
    [{ username: 'a'.repeat(65), password: PASSWORD }, 'username'],
    [{ username: 'ok', password: 'short' }, 'password'],
    [{ username: 'ok', password: 'x'.repeat(1025) }, 'password'],
    [{ username: 'ok', password: PASSWORD, role: 'root' }, 'role'],
    [{ username: 'ok', password: PASSWORD, id: '1' }, 'id']
  ]
  for (const [payload, field] of cases) {
    const response = await call('POST', '', payload)
    t.equal(response.statusCode, 400)
    t.match(response.json().details, [{ field }])
  }
  t.match((await call('PATCH', `/${admin.id}`, {})).json(), { code: 'REQUEST_INVALID', details: [{ field: 'body', message: 'must not be empty' }] }, 'no change at all')
})

t.test('the list has every user and no hash', async t => {
  const response = await call('GET')
  t.ok(response.json().data.users.some((user: { id: string }) => user.id === admin.id))
  t.notMatch(response.body, 'argon2')
})

t.test('role, password and state change, each at once', async t => {
  const user = await addUser(app.db)
  const session = await signIn(user.username)
  const state = async () => (await app.inject({ url: '/api/auth/me', headers: { authorization: session.authorization } })).json()

  t.match((await call('PATCH', `/${user.id}`, { role: 'admin' })).json().data, { role: 'admin' })
  t.equal((await state()).data.role, 'admin', 'the running session has it')

  t.match((await call('PATCH', `/${user.id}`, { disabled: true })).json().data, { disabled: true })
  t.equal((await state()).code, 'AUTH_REQUIRED')
  t.equal((await signIn(user.username)).response.json().code, 'CREDENTIALS_INVALID')

  await call('PATCH', `/${user.id}`, { disabled: false, password: 'a new password' })
  t.equal((await signIn(user.username, 'a new password')).response.statusCode, 200)
})

t.test('the last administrator cannot be disabled or demoted', async t => {
  const other = await buildAccountApp(t)
  const only = await addUser(other.db, 'admin')
  const { token } = (await other.inject({ method: 'POST', url: '/api/auth/login', payload: { username: only.username, password: PASSWORD } })).json().data
  for (const payload of [{ disabled: true }, { role: 'user' }]) {
    const response = await other.inject({ method: 'PATCH', url: `/api/users/${only.id}`, payload, headers: { authorization: `Bearer ${token}` } })
    t.equal(response.statusCode, 409)
    t.equal(response.json().code, 'LAST_ADMIN')
  }
})

t.test('nobody else may', async t => {
  const user = await addUser(app.db)
  const session = await signIn(user.username)
  for (const [method, path, payload] of [['GET', '', undefined], ['POST', '', { username: 'x', password: PASSWORD }], ['PATCH', `/${user.id}`, { role: 'admin' }]] as const) {
    t.equal((await call(method, path, payload, session.authorization ? { authorization: session.authorization } : {})).json().code, 'PERMISSION_DENIED')
    t.equal((await call(method, path, payload, {})).json().code, 'AUTH_REQUIRED')
  }
})

t.test('a user who is not there', async t => {
  t.equal((await call('PATCH', '/123456789', { role: 'user' })).json().code, 'USER_NOT_FOUND')
  t.equal((await call('PATCH', '/abc', { role: 'user' })).statusCode, 400)
})

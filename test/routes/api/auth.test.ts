import t from 'tap'
import type { User } from '../../../server/database/tables.ts'
import { buildAccountApp } from '../../support/account-app.ts'
import { addUser, PASSWORD } from '../../support/accounts.ts'

const app = await buildAccountApp(t)
const cookieOf = (response: { headers: Record<string, unknown> }) => String(response.headers['set-cookie'])

function post (url: string, payload?: object, headers = {}) {
  return app.inject({ method: 'POST', url, payload, headers })
}

async function signIn (user: Pick<User, 'username'>, password = PASSWORD) {
  const response = await post('/api/auth/login', { username: user.username, password })
  const { token } = response.json().data
  return { token, authorization: `Bearer ${token}`, cookie: cookieOf(response).split(';')[0] }
}

t.test('login answers with a token, its expiry and the user, and sets a cookie', async t => {
  const user = await addUser(app.db)
  const response = await post('/api/auth/login', { username: user.username, password: PASSWORD })
  t.equal(response.statusCode, 200)
  const { success, data, requestTime } = response.json()
  t.equal(success, true)
  t.ok(Number.isInteger(requestTime))
  t.same(Object.keys(data).sort(), ['expiresAt', 'token', 'user'])
  t.same(data.user, { id: user.id, username: user.username, role: 'user' })
  t.ok(Math.abs(data.expiresAt - Date.now() - 7 * 86_400_000) < 5_000)
  t.match(cookieOf(response), /^reelay_session=[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/)
  t.equal(response.headers['cache-control'], 'no-store')

  const claims = JSON.parse(Buffer.from(data.token.split('.')[1], 'base64url').toString())
  t.equal(claims.exp * 1000, data.expiresAt)
  t.match(claims, { sub: user.id, sid: /^[\da-f-]{36}$/, iss: 'reelay', aud: 'reelay', iat: Number, exp: Number })
})

t.test('behind https the cookie is bound to the host', async t => {
  const secure = await buildAccountApp(t, { env: { PUBLIC_URL: 'https://video.example.com' } })
  const user = await addUser(secure.db)
  const response = await secure.inject({ method: 'POST', url: '/api/auth/login', payload: { username: user.username, password: PASSWORD } })
  t.match(cookieOf(response), /^__Host-reelay_session=[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/)
})

t.test('unknown user and wrong password get the same answer', async t => {
  const user = await addUser(app.db)
  const answers = []
  for (const [username, password] of [[user.username, 'wrong password'], ['nobody', PASSWORD]]) {
    const response = await post('/api/auth/login', { username, password })
    t.equal(response.statusCode, 401)
    const { requestId, requestTime, ...body } = response.json()
    answers.push(body)
  }
  t.same(answers[0], answers[1])
  t.match(answers[0], { success: false, code: 'CREDENTIALS_INVALID', error: 'User name or password is wrong' })
})

t.test('a login that is not well-formed is refused with the field', async t => {
  const cases: Array<[unknown, string]> = [
    [{ username: 'a' }, 'password'],
    [{ username: 'a', password: 'b', admin: true }, 'admin'],
    [{ username: 'a', password: 12345678 }, 'password'],
    [{ username: '', password: 'b' }, 'username'],
    [[], 'body']
  ]
  for (const [payload, field] of cases) {
    const response = await post('/api/auth/login', payload as object)
    t.equal(response.statusCode, 400)
    t.match(response.json(), { code: 'REQUEST_INVALID', details: [{ field }] })
  }
})

t.test('a name with a NUL in it is bad input, not a crash', async t => {
  const response = await post('/api/auth/login', { username: 'a\0b', password: PASSWORD })
  t.equal(response.statusCode, 400)
  t.equal(response.json().code, 'REQUEST_INVALID')
})

t.test('too many failures answer 429 with Retry-After', async t => {
  const user = await addUser(app.db)
  for (let i = 0; i < 10; i++) await post('/api/auth/login', { username: user.username, password: 'wrong password' })
  const response = await post('/api/auth/login', { username: user.username, password: PASSWORD })
  t.equal(response.statusCode, 429)
  t.equal(response.json().code, 'RATE_LIMITED')
  const seconds = Number(response.headers['retry-after'])
  t.ok(seconds >= 1 && seconds <= 60)
})

t.test('who I am, by token and by cookie', async t => {
  const user = await addUser(app.db)
  const { authorization, cookie } = await signIn(user)
  for (const headers of [{ authorization }, { authorization: authorization.replace('Bearer', 'bearer ') }, { cookie }]) {
    const response = await app.inject({ url: '/api/auth/me', headers })
    t.equal(response.statusCode, 200)
    t.same(response.json().data, { id: user.id, username: user.username, role: 'user' })
  }
})

t.test('logout ends the session and takes the cookie back', async t => {
  const { authorization, cookie } = await signIn(await addUser(app.db))
  const response = await post('/api/auth/logout', undefined, { authorization, 'content-type': 'application/json' })
  t.equal(response.statusCode, 200, 'even with an empty body announced as JSON')
  t.match(cookieOf(response), /^reelay_session=; Max-Age=0; Path=\/; /)
  for (const headers of [{ authorization }, { cookie }]) {
    t.equal((await app.inject({ url: '/api/auth/me', headers })).json().code, 'AUTH_REQUIRED')
  }
})

t.test('a password change needs the present one, and ends the other sessions', async t => {
  const user = await addUser(app.db)
  const [mine, other] = [await signIn(user), await signIn(user)]
  const change = (currentPassword: string, newPassword: string) => post('/api/auth/password', { currentPassword, newPassword }, { authorization: mine.authorization })

  t.equal((await change('wrong password', 'a better password')).json().code, 'CREDENTIALS_INVALID')
  t.match((await change(PASSWORD, 'short')).json(), { code: 'REQUEST_INVALID', details: [{ field: 'newPassword' }] })
  t.same((await change(PASSWORD, 'a better password')).json().data, { endedSessions: 1 })

  t.equal((await app.inject({ url: '/api/auth/me', headers: { authorization: mine.authorization } })).statusCode, 200)
  t.equal((await app.inject({ url: '/api/auth/me', headers: { authorization: other.authorization } })).statusCode, 401)
  t.equal((await post('/api/auth/login', { username: user.username, password: PASSWORD })).statusCode, 401)
  await t.resolves(signIn(user, 'a better password'))
})

t.test('sessions are listed and ended, only one\'s own', async t => {
  const user = await addUser(app.db)
  const [mine, other] = [await signIn(user), await signIn(user)]
  const stranger = await signIn(await addUser(app.db))
  const list = async () => (await app.inject({ url: '/api/auth/sessions', headers: { authorization: mine.authorization } })).json().data.sessions
  const end = (who: { authorization: string }, id = '') => app.inject({ method: 'DELETE', url: `/api/auth/sessions${id && `/${id}`}`, headers: { authorization: who.authorization } })

  const sessions = await list()
  t.equal(sessions.length, 2)
  t.match(sessions.find((session: { current: boolean }) => session.current), { id: String, userAgent: String, ip: '127.0.0.1', createdAt: /Z$/, lastSeenAt: /Z$/, expiresAt: /Z$/ })
  const { id } = sessions.find((session: { current: boolean }) => !session.current)

  t.match((await end(stranger, id)).json(), { code: 'SESSION_NOT_FOUND' })
  t.equal((await end(mine, id)).statusCode, 200)
  t.equal((await end(mine, id)).statusCode, 404)
  t.equal((await end(mine, 'nonsense')).statusCode, 400)
  t.equal((await app.inject({ url: '/api/auth/me', headers: { authorization: other.authorization } })).statusCode, 401)

  t.same((await end(mine)).json().data, { endedSessions: 1 })
  t.equal((await app.inject({ url: '/api/auth/me', headers: { authorization: mine.authorization } })).statusCode, 401)
})

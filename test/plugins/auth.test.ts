import { createHmac, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { createSession } from '../../server/accounts/sessions.ts'
import { updateUser } from '../../server/accounts/users.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { buildAccountApp, SECRETS } from '../support/account-app.ts'
import { addUser, PASSWORD } from '../support/accounts.ts'
import { createTestDatabase } from '../support/database.ts'

const databaseUrl = await createTestDatabase(t)
const app = await buildAccountApp(t, {
  databaseUrl,
  env: { PUBLIC_URL: 'http://video.example.com/base', CORS_ORIGINS: 'https://console.example.com, http://localhost:5173' },
  routes: async app => {
    app.post('/write', { onRequest: app.authenticate }, async request => request.user)
    app.get('/read', { onRequest: app.authenticate }, async request => request.user)
  }
})

const user = await addUser(app.db)
const session = (await createSession(app.db, user, { ip: '10.0.0.1' }))!
const now = Math.floor(Date.now() / 1000)
const CLAIMS = { sub: user.id, sid: session.id, iat: now, exp: now + 3600, iss: 'reelay', aud: 'reelay' }

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

function token (claims: unknown, { header = { alg: 'HS256', typ: 'JWT' } as object, secret = SECRETS.jwt as Buffer | string, hash = 'sha256' } = {}) {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

const read = (headers: object) => app.inject({ url: '/read', headers: { ...headers } })
const bearer = (value: string) => read({ authorization: `Bearer ${value}` })

t.test('a good token is let in, with spaces around it too', async t => {
  t.equal((await bearer(token(CLAIMS))).statusCode, 200)
  t.same((await bearer(`  ${token(CLAIMS)} `)).json(), { id: user.id, username: user.username, role: 'user', sessionId: session.id })
})

t.test('a token that is not ours in every respect is refused with 401', async t => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
  const good = token(CLAIMS)
  const [header, payload, signature] = good.split('.')
  const without = (name: keyof typeof CLAIMS) => ({ ...CLAIMS, [name]: undefined })
  const forged: Record<string, string> = {
    'no signature, alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    'alg NONE with the old signature': `${encode({ alg: 'NONE', typ: 'JWT' })}.${payload}.${signature}`,
    'signature cut off': `${header}.${payload}.`,
    'another secret': token(CLAIMS, { secret: Buffer.alloc(32, 'x') }),
    'another algorithm with our secret': token(CLAIMS, { header: { alg: 'HS512', typ: 'JWT' }, hash: 'sha512' }),
    'a public key as the secret': token(CLAIMS, { header: { alg: 'RS256', typ: 'JWT' }, secret: publicKey }),
    'kid pointing elsewhere': token(CLAIMS, { header: { alg: 'HS256', kid: '/dev/null' }, secret: '' }),
    'changed claims': `${header}.${encode({ ...CLAIMS, exp: now + 7200 })}.${signature}`,
    expired: token({ ...CLAIMS, iat: now - 7200, exp: now - 1 }),
    'expiry as text': token({ ...CLAIMS, exp: '9999999999' }),
    'older than any session': token({ ...CLAIMS, iat: now - 8 * 86_400 }),
    'no expiry': token(without('exp')),
    'no issue time': token(without('iat')),
    'another issuer': token({ ...CLAIMS, iss: 'someone' }),
    'no issuer': token(without('iss')),
    'another audience': token({ ...CLAIMS, aud: 'other' }),
    'no audience': token(without('aud')),
    'no session': token(without('sid')),
    'a session that is no uuid': token({ ...CLAIMS, sid: "' or 1=1 --" }),
    'an unknown session': token({ ...CLAIMS, sid: crypto.randomUUID() }),
    'another user\'s session': token({ ...CLAIMS, sub: '999' }),
    'an array as claims': token([CLAIMS]),
    'an unknown kind of key': 'rl_abcdefgh',
    'not a token': 'hello',
    empty: ''
  }
  for (const [what, value] of Object.entries(forged)) {
    const response = await bearer(value)
    t.match(response.json(), { success: false, code: 'AUTH_REQUIRED' }, what)
    t.equal(response.statusCode, 401)
    t.equal(response.headers['www-authenticate'], 'Bearer')
  }
  t.equal((await read({})).statusCode, 401, 'nothing at all')
  t.equal((await read({ authorization: 'Basic YTpi' })).statusCode, 401, 'another scheme')
})

t.test('a bad token is not rescued by a good cookie', async t => {
  const cookie = `reelay_session=${token(CLAIMS)}`
  t.equal((await read({ cookie })).statusCode, 200)
  t.equal((await read({ cookie, authorization: 'Bearer nonsense' })).statusCode, 401)
  t.equal((await read({ cookie, authorization: 'Basic YTpi' })).statusCode, 200, 'but a proxy\'s own password does not matter')
})

t.test('who is not signed in is refused before the body is read', async t => {
  const response = await app.inject({ method: 'POST', url: '/write', payload: '{ broken', headers: { 'content-type': 'application/json' } })
  t.equal(response.statusCode, 401)
})

t.test('writes by cookie must not come from a page of others; what is no browser says nothing', async t => {
  const write = (headers: object) => app.inject({ method: 'POST', url: '/write', headers: { cookie: `reelay_session=${token(CLAIMS)}`, host: 'localhost:3001', ...headers } })
  const allowed = [
    {},
    { origin: 'http://video.example.com' },
    { origin: 'https://console.example.com' },
    { origin: 'http://localhost:5173' },
    { origin: 'http://localhost:3001' },
    { origin: 'https://localhost:3001' },
    { 'sec-fetch-site': 'same-origin' }
  ]
  for (const headers of allowed) t.equal((await write(headers)).statusCode, 200, JSON.stringify(headers))

  const refused = [
    { origin: '' },
    { origin: 'null' },
    { origin: 'https://evil.example' },
    { origin: 'https://video.example.com.evil.example' },
    { origin: 'http://localhost:9999' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'none' }
  ]
  for (const headers of refused) {
    const response = await write(headers)
    t.match(response.json(), { code: 'PERMISSION_DENIED' }, JSON.stringify(headers))
    t.equal(response.statusCode, 403)
  }
  t.equal((await write({ authorization: `Bearer ${token(CLAIMS)}`, origin: 'https://evil.example' })).statusCode, 200, 'a token is no cookie: no page sends it by itself')
})

t.test('a user disabled by another process is out within 5 s', async t => {
  const victim = await addUser(app.db)
  const { token: victimToken } = (await app.inject({ method: 'POST', url: '/api/auth/login', payload: { username: victim.username, password: PASSWORD } })).json().data
  t.equal((await bearer(victimToken)).statusCode, 200)

  const elsewhere = createDatabase(databaseUrl, 2)
  await updateUser(elsewhere, victim.id, { disabled: true })
  await elsewhere.destroy()
  const disabledAt = performance.now()
  while ((await bearer(victimToken)).statusCode === 200) {
    if (performance.now() - disabledAt > 5_000) return t.fail('still let in after 5 s')
  }
  t.pass('out')
})

import { sql } from 'kysely'
import t from 'tap'
import { createKey, findKeyUser, listKeys, MAX_KEYS } from '../../../server/accounts/api-keys.ts'
import { hashKeyToken, newKeyToken } from '../../../server/accounts/key-token.ts'
import { updateUser } from '../../../server/accounts/users.ts'
import { OpenStreams } from '../../../server/events/open-streams.ts'
import { buildAccountApp } from '../../support/account-app.ts'
import { addUser } from '../../support/accounts.ts'
import { startApp, type TestApp } from '../../support/app.ts'
import { createClient, type Client } from '../../support/client.ts'
import { isSnapshotEnd, openStream } from '../../support/streams.ts'

const server = await startApp(t)
const { app, db, admin, login } = server
const sibling = await server.startSibling(t)

const withKey = (key: string) => ({ authorization: `Bearer ${key}` })
const me = (key: string, { app } = server) => app.inject({ url: '/api/auth/me', headers: withKey(key) })

async function makeKey (client: Client, body: object = {}) {
  const response = await client.post('/api/keys', { name: 'a script', ...body })
  if (response.statusCode !== 201) throw new Error(response.body)
  return response.json().data as { id: string, key: string, prefix: string, last4: string }
}

/** Resolves when the key is refused; rejects when it still works after 5 s. */
async function isDead (key: string, where: TestApp): Promise<void> {
  const start = performance.now()
  while ((await me(key, where)).statusCode !== 401) {
    if (performance.now() - start > 5_000) throw new Error('still let in after 5 s')
  }
}

t.test('a key is shown once, stored as a hash, and lets its user in on every process', async t => {
  const user = await login()
  const created = await user.post('/api/keys', { name: 'render farm', requestsPerMinute: 600, expiresAt: '2999-01-01T00:00:00Z' })
  t.equal(created.statusCode, 201)
  t.equal(created.headers['cache-control'], 'no-store')
  const { key, ...shown } = created.json().data
  t.match(shown, { id: String, name: 'render farm', prefix: key.slice(0, 7), last4: key.slice(-4), scopes: ['tasks:read', 'tasks:write'], requestsPerMinute: 600, createdAt: String, lastUsedAt: null, expiresAt: '2999-01-01T00:00:00.000Z' })

  const listed = await user.get('/api/keys')
  t.same(listed.json().data.keys, [shown], 'the list has all but the key')
  const row = await db.selectFrom('api_keys').selectAll().where('id', '=', shown.id).executeTakeFirstOrThrow()
  t.same(row.hash, hashKeyToken(key))
  t.notMatch(JSON.stringify(row), key.slice(7, -4))

  for (const where of [server, sibling]) t.match((await me(key, where)).json().data, { id: user.id, username: user.username, role: 'user' })
  const task = await app.inject({ method: 'POST', url: '/api/video/tasks', payload: { prompt: 'by key' }, headers: withKey(key) })
  t.equal(task.statusCode, 201)
  t.equal((await user.get(`/api/video/tasks/${task.json().data.videoId}`)).statusCode, 200, 'the task is the user\'s')
})

t.test('renamed, relimited, revoked; by its owner only', async t => {
  const [user, other] = [await login(), await login()]
  const { id, key } = await makeKey(user)
  const patch = (client: Client, payload: object) => client.inject({ method: 'PATCH', url: `/api/keys/${id}`, payload })
  const revoke = (client: Client) => client.inject({ method: 'DELETE', url: `/api/keys/${id}` })

  t.match((await patch(user, { name: 'new name', requestsPerMinute: 5 })).json().data, { name: 'new name', requestsPerMinute: 5 })
  t.match((await patch(user, { requestsPerMinute: null })).json().data, { name: 'new name', requestsPerMinute: null })
  for (const refused of [await patch(other, { name: 'mine' }), await revoke(other), await revoke(admin)]) t.match(refused.json(), { code: 'API_KEY_NOT_FOUND' })
  t.same((await other.get('/api/keys')).json().data.keys, [])
  t.equal((await me(key)).statusCode, 200)

  t.same((await revoke(user)).json().data, { id, revoked: true })
  t.equal((await me(key)).statusCode, 401, 'here at once')
  t.equal((await revoke(user)).statusCode, 404)
  t.same((await user.get('/api/keys')).json().data.keys, [])
})

t.test('what a key cannot be is refused by field', async t => {
  const user = await login()
  const cases: Array<[object, string]> = [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: 'a', scopes: [] }, 'scopes'],
    [{ name: 'a', scopes: ['tasks:read', 'tasks:read'] }, 'scopes'],
    [{ name: 'a', scopes: ['root'] }, 'scopes.0'],
    [{ name: 'a', scopes: ['admin'] }, 'scopes'],
    [{ name: 'a', expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ name: 'a', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ name: 'a', expiresAt: '2999-12-31T23:59:60Z' }, 'expiresAt'],
    [{ name: 'a', requestsPerMinute: 0 }, 'requestsPerMinute'],
    [{ name: 'a', requestsPerMinute: 1.5 }, 'requestsPerMinute'],
    [{ name: 'a', key: newKeyToken() }, 'key']
  ]
  for (const [payload, field] of cases) {
    const response = await user.post('/api/keys', payload)
    t.equal(response.statusCode, 400, JSON.stringify(payload))
    t.match(response.json(), { code: 'REQUEST_INVALID', details: [{ field }] })
  }
  const { id } = await makeKey(user)
  t.equal((await user.inject({ method: 'PATCH', url: `/api/keys/${id}`, payload: {} })).statusCode, 400)
  t.equal((await user.inject({ method: 'PATCH', url: '/api/keys/1', payload: { name: 'a' } })).statusCode, 400)
})

t.test('a user has room for so many keys and no more, also at once', async t => {
  const user = await addUser(db)
  for (let made = 0; made < MAX_KEYS - 3; made++) await createKey(db, user.id, { name: 'one', scopes: ['tasks:read'] })
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => createKey(db, user.id, { name: 'two', scopes: ['tasks:read'] })))
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 3)
  t.equal((await listKeys(db, user.id)).length, MAX_KEYS)
  for (const result of results) if (result.status === 'rejected') t.match(result.reason, { code: 'API_KEY_LIMIT', status: 409 })
})

t.test('a key dies within 5 s on the other process when it is revoked, expires, or its user is disabled', async t => {
  const dying = async (end: (client: Client, id: string) => Promise<unknown>) => {
    const client = await login()
    const { id, key } = await makeKey(client)
    t.equal((await me(key, sibling)).statusCode, 200)
    await end(client, id)
    await isDead(key, sibling)
  }
  await Promise.all([
    dying((client, id) => client.inject({ method: 'DELETE', url: `/api/keys/${id}` })),
    dying((_client, id) => db.updateTable('api_keys').set({ expires_at: sql<Date>`now()` }).where('id', '=', id).execute()),
    dying(client => updateUser(db, client.id, { disabled: true }))
  ])
})

t.test('it expires by the clock of the database, to the instant', async t => {
  const user = await addUser(db)
  const { apiKey: { id, hash } } = await createKey(db, user.id, { name: 'a', scopes: ['tasks:read'] })
  const isAlive = (expiry: string) => db.transaction().execute(async trx => {
    // now() stands still in a transaction.
    await trx.updateTable('api_keys').set({ expires_at: sql<Date>`now() + ${expiry}::interval` }).where('id', '=', id).execute()
    return await findKeyUser(trx, hash) !== undefined
  })
  t.equal(await isAlive('1 microsecond'), true)
  t.equal(await isAlive('0'), false)
  t.equal(await isAlive('-1 microsecond'), false)
  await t.rejects(createKey(db, user.id, { name: 'a', scopes: ['tasks:read'], expiresAt: new Date(Date.now() - 1_000) }), { code: 'REQUEST_INVALID' })
})

t.test('a disabled user\'s keys live again when the account does; a new password does not end them', async t => {
  const user = await addUser(db)
  const { apiKey: { hash } } = await createKey(db, user.id, { name: 'a', scopes: ['tasks:read'] })
  await updateUser(db, user.id, { disabled: true })
  t.equal(await findKeyUser(db, hash), undefined)
  await updateUser(db, user.id, { disabled: false, password: 'another password' })
  t.match(await findKeyUser(db, hash), { id: user.id })
})

t.test('the last use is noted at most once a minute', async t => {
  const user = await addUser(db)
  const { apiKey: { id, hash } } = await createKey(db, user.id, { name: 'a', scopes: ['tasks:read'] })
  const lastUse = async () => (await db.selectFrom('api_keys').select('last_used_at').where('id', '=', id).executeTakeFirstOrThrow()).last_used_at
  const setLastUse = (ago: string) => db.updateTable('api_keys').set({ last_used_at: sql<Date>`now() - ${ago}::interval` }).where('id', '=', id).execute()
  t.equal(await lastUse(), null)
  await Promise.all(Array.from({ length: 5 }, () => findKeyUser(db, hash)))
  const first = await lastUse()
  t.ok(first)

  await setLastUse('50 seconds')
  const recent = await lastUse()
  await findKeyUser(db, hash)
  t.same(await lastUse(), recent, 'not again within the minute')
  await setLastUse('61 seconds')
  await findKeyUser(db, hash)
  t.ok((await lastUse())! >= first!)
})

t.test('a stream and a ticket end with their key', async t => {
  const user = await login()
  const { id, key } = await makeKey(user, { scopes: ['tasks:read'] })
  const stream = await openStream(t, app, '/api/sse/task-updates', withKey(key))
  await stream.until(isSnapshotEnd)
  const ticket = async () => (await app.inject({ method: 'POST', url: '/api/sse/tickets', headers: withKey(key) })).json().data.ticket
  const byTicket = await openStream(t, sibling.app, `/api/sse/task-updates?ticket=${await ticket()}`)
  await byTicket.until(isSnapshotEnd)
  const late = await ticket()

  const closed = Promise.withResolvers<void>()
  const streams = new OpenStreams(sibling.app.callers, sibling.app.log, 10)
  t.teardown(() => streams.closeAll())
  const caller = (await sibling.app.callers.findByKeyId(id))!
  t.match(caller, { id: user.id, key: { id, scopes: ['tasks:read'] } })
  const tracked = streams.track({ caller, close: () => closed.resolve() }, () => closed.promise)
  await user.inject({ method: 'DELETE', url: `/api/keys/${id}` })
  await tracked
  t.equal((await openStream(t, sibling.app, `/api/sse/task-updates?ticket=${late}`)).status, 401)
  stream.drop()
  byTicket.drop()
})

t.test('a key with a wrong checksum is refused without asking the database', async t => {
  const blind = await buildAccountApp(t, { databaseUrl: 'postgres://127.0.0.1:1/none' })
  const ask = (key: string) => blind.inject({ url: '/api/auth/me', headers: withKey(key) })
  const key = newKeyToken()
  t.match((await ask(key)).json(), { code: 'DATABASE_UNAVAILABLE' }, 'a whole one has to be looked up')
  t.match((await ask(key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a'))).json(), { code: 'AUTH_REQUIRED' })
  t.equal((await me(key)).statusCode, 401, 'a whole one that nobody has')
})

t.test('a key is taken from the header alone, and needs no page of ours', async t => {
  const { key } = await makeKey(await login())
  t.equal((await app.inject({ url: '/api/auth/me', headers: { cookie: `reelay_session=${key}` } })).statusCode, 401)
  t.equal((await app.inject({ method: 'POST', url: '/api/video/tasks', payload: { prompt: 'a' }, headers: { ...withKey(key), origin: 'https://elsewhere.example' } })).statusCode, 201)
})

t.test('no key gets into the log', async t => {
  const lines: string[] = []
  const talkative = await buildAccountApp(t, {
    logger: { level: 'trace', stream: { write: (line: string) => lines.push(line) } },
    routes: async app => { app.get('/fails', { onRequest: app.authenticate, config: { scope: 'any' } }, async () => { throw new Error('on purpose') }) }
  })
  const client = await createClient(talkative, (await addUser(talkative.db)).username)
  const { key, id } = await makeKey(client)
  for (const token of [key, `${key.slice(0, -1)}-`]) {
    for (const url of ['/fails', '/api/auth/me', '/api/keys', '/nowhere']) await talkative.inject({ url, headers: withKey(token) })
  }
  t.match(lines.join(''), id)
  t.match(lines.join(''), 'on purpose')
  t.notMatch(lines.join(''), key.slice(7, 40))
})

import t from 'tap'
import { FreshCache } from '../../server/accounts/fresh-cache.ts'
import { createSession, findSessionUser, revokeSession } from '../../server/accounts/sessions.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { addUser, connectTestDatabase } from '../support/accounts.ts'

const db = await connectTestDatabase(t)

t.test('a session revoked by another process is out within 5 s', async t => {
  const cache = new FreshCache(id => findSessionUser(db, id))
  const user = await addUser(db)
  const session = (await createSession(db, user, { ip: '10.0.0.1' }))!
  t.match(await cache.find(session.id), { id: user.id })

  await revokeSession(db, user.id, session.id)
  const revokedAt = performance.now()
  t.match(await cache.find(session.id), { id: user.id }, 'answered from memory')
  while (await cache.find(session.id)) {
    if (performance.now() - revokedAt > 5_000) return t.fail('still accepted after 5 s')
    await new Promise(resolve => setImmediate(resolve))
  }
  t.pass('out')
})

t.test('clear() makes a change of this process count at once', async t => {
  const cache = new FreshCache(id => findSessionUser(db, id))
  const user = await addUser(db)
  const session = (await createSession(db, user, { ip: '10.0.0.1' }))!
  await cache.find(session.id)
  await revokeSession(db, user.id, session.id)
  cache.clear()
  t.equal(await cache.find(session.id), undefined)
})

t.test('a look-up that failed is not remembered', async t => {
  const gone = createDatabase('postgres://127.0.0.1:1/none', 2)
  t.teardown(() => gone.destroy())
  const cache = new FreshCache(id => findSessionUser(gone, id))
  const first = cache.find(crypto.randomUUID())
  await t.rejects(first)
  t.not(cache.find(crypto.randomUUID()), first)
})

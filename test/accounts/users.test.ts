import t from 'tap'
import { ensureFirstAdmin } from '../../server/accounts/first-admin.ts'
import { login } from '../../server/accounts/login.ts'
import { createLoginLimits } from '../../server/accounts/login-limits.ts'
import { createSession, findSessionUser, listSessions } from '../../server/accounts/sessions.ts'
import { changePassword, findUserById, findUserByName, insertUser, listUsers, updateUser } from '../../server/accounts/users.ts'
import { addUser, connectTestDatabase, PASSWORD, someoneWaitsForALock } from '../support/accounts.ts'
import { silentLog } from '../support/silent-log.ts'

const db = await connectTestDatabase(t)
const ip = '10.0.0.1'

t.test('the first account is made once, however many processes start together', async t => {
  const made = await Promise.all(Array.from({ length: 5 }, () => ensureFirstAdmin(db, { ADMIN_USERNAME: 'admin' })))
  const [first, ...others] = made.filter(Boolean)
  t.equal(others.length, 0)
  t.match(first, { username: 'admin', generatedPassword: /^\w{24}$/ })
  t.match(await listUsers(db), [{ username: 'admin', role: 'admin' }])

  const { user } = await login(db, createLoginLimits(db, silentLog), { username: 'admin', password: first!.generatedPassword!, ip })
  t.equal(user.role, 'admin')
  t.equal(await ensureFirstAdmin(db, { ADMIN_USERNAME: 'root' }), undefined, 'and never again')
})

t.test('a given first password is not repeated', async t => {
  const other = await connectTestDatabase(t)
  t.same(await ensureFirstAdmin(other, { ADMIN_USERNAME: 'boss', ADMIN_PASSWORD: PASSWORD }), { username: 'boss', generatedPassword: undefined })
})

t.test('a name is taken whatever its case', async t => {
  await insertUser(db, { username: 'Wang', password: PASSWORD, role: 'user' })
  await t.rejects(insertUser(db, { username: 'wANG', password: PASSWORD, role: 'user' }), { code: 'USER_EXISTS', status: 409 })
  t.equal((await findUserByName(db, 'wang'))?.username, 'Wang')
})

t.test('a session is good until it is revoked, expires, or its user is disabled', async t => {
  const user = await addUser(db)
  const start = async () => (await createSession(db, user, { ip }))!
  const session = await start()
  t.match(await findSessionUser(db, session.id), { id: user.id, username: user.username, role: 'user', sessionId: session.id })

  await db.updateTable('sessions').set({ expires_at: new Date(Date.now() - 1000) }).where('id', '=', session.id).execute()
  t.equal(await findSessionUser(db, session.id), undefined, 'expired')

  const second = await start()
  await updateUser(db, user.id, { disabled: true })
  t.equal(await findSessionUser(db, second.id), undefined, 'disabled')
  await updateUser(db, user.id, { disabled: false })
  t.equal(await findSessionUser(db, second.id), undefined, 'enabling brings no old session back')

  const third = (await createSession(db, (await findUserById(db, user.id))!, { ip }))!
  await db.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', user.id).execute()
  t.equal(await findSessionUser(db, third.id), undefined, 'disabled by hand, its sessions not revoked')
})

t.test('a password change ends every session but the one it came from', async t => {
  const user = await addUser(db)
  const [mine, other] = [await createSession(db, user, { ip }), await createSession(db, user, { ip })]
  t.equal(await changePassword(db, user.id, 'another password', mine!.id), 1)
  t.match(await listSessions(db, user.id), [{ id: mine!.id }])
  t.equal(await findSessionUser(db, other!.id), undefined)
})

t.test('being seen is written down, but not at every request', async t => {
  const user = await addUser(db)
  const session = (await createSession(db, user, { ip }))!
  const seen = async () => (await listSessions(db, user.id))[0].last_seen_at.getTime()

  const first = await seen()
  await findSessionUser(db, session.id)
  t.equal(await seen(), first)
  await db.updateTable('sessions').set({ last_seen_at: new Date(Date.now() - 600_000) }).where('id', '=', session.id).execute()
  await findSessionUser(db, session.id)
  t.ok(await seen() >= first)
})

t.test('sessions that ended long ago are cleared away at the next login', async t => {
  const user = await addUser(db)
  const old = (await createSession(db, user, { ip }))!
  await db.updateTable('sessions').set({ expires_at: new Date(Date.now() - 31 * 86_400_000) }).where('id', '=', old.id).execute()
  await createSession(db, user, { ip })
  t.same(await db.selectFrom('sessions').select('id').where('id', '=', old.id).execute(), [])
})

t.test('the last enabled administrator stays one, even when two go at once', async t => {
  const other = await connectTestDatabase(t)
  const [first, second] = [await addUser(other, 'admin'), await addUser(other, 'admin')]
  const { leaving } = await other.transaction().execute(async trx => {
    await trx.updateTable('users').set({ role: 'user' }).where('id', '=', first.id).execute()
    const leaving = updateUser(other, second.id, { disabled: true }).catch(error => error)
    await Promise.race([leaving, someoneWaitsForALock(other)])
    return { leaving }
  })
  t.match(await leaving, { code: 'LAST_ADMIN', status: 409 })
  await t.rejects(updateUser(other, second.id, { role: 'user' }), { code: 'LAST_ADMIN' })
  await t.resolves(updateUser(other, second.id, { password: 'another password' }), 'but may be changed otherwise')
})

t.test('changing a user who does not exist says so', async t => {
  await t.rejects(updateUser(db, '999999', { disabled: true }), { code: 'USER_NOT_FOUND', status: 404 })
})

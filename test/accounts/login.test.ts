import { sql } from 'kysely'
import t from 'tap'
import { createLoginLimits } from '../../server/accounts/login-limits.ts'
import { login } from '../../server/accounts/login.ts'
import { createSession, listSessions } from '../../server/accounts/sessions.ts'
import { changePassword, findUserById, updateUser } from '../../server/accounts/users.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { addUser, connectTestDatabase, PASSWORD, someoneWaitsForALock } from '../support/accounts.ts'
import { silentLog } from '../support/silent-log.ts'

const db = await connectTestDatabase(t)
const limits = createLoginLimits(db, silentLog)
let addresses = 0
const newAddress = () => `10.0.${addresses >> 8}.${addresses++ & 255}`

function tryLogin (username: string, password: string, ip = newAddress()) {
  return login(db, limits, { username, password, ip, userAgent: 'test' })
}

async function fail (username: string, times: number, ip?: string) {
  for (let i = 0; i < times; i++) await tryLogin(username, 'not the password', ip).catch(() => {})
}

t.test('the right password starts a session of seven days', async t => {
  const { username, id } = await addUser(db)
  const { user, session } = await tryLogin(username.toUpperCase(), PASSWORD)
  t.equal(user.id, id, 'names are one whatever their case')
  t.match(await listSessions(db, id), [{ id: session.id, user_agent: 'test' }])
  const days = (session.expires_at.getTime() - Date.now()) / 86_400_000
  t.ok(days > 6.99 && days <= 7)
})

t.test('unknown name, wrong password and disabled account look the same and take as long', async t => {
  const user = await addUser(db)
  const disabled = await addUser(db)
  await updateUser(db, disabled.id, { disabled: true })
  const cases = [['nobody-of-this-name', PASSWORD], [user.username, 'not the password'], [disabled.username, PASSWORD]]

  // The shortest of each, taken in turn: whatever else the machine does makes tries longer, never shorter.
  const times = cases.map(() => Infinity)
  for (let i = 0; i < 7; i++) {
    for (const [which, [username, password]] of cases.entries()) {
      const start = performance.now()
      await t.rejects(tryLogin(username, password), { code: 'CREDENTIALS_INVALID', status: 401 })
      times[which] = Math.min(times[which]!, performance.now() - start)
    }
  }
  // Without the hash for nobody an unknown name takes a tenth of the time.
  t.ok(Math.max(...times) < Math.min(...times) * 2, `shortest ${times.map(time => time.toFixed(1)).join(', ')} ms`)
})

t.test('ten failures from one address stop that address, and only for that name', async t => {
  const user = await addUser(db)
  const other = await addUser(db)
  const ip = newAddress()
  await fail(user.username, 10, ip)

  await t.rejects(tryLogin(user.username, PASSWORD, ip), { code: 'RATE_LIMITED', status: 429, options: { retryAfterSeconds: Number } })
  await t.resolves(tryLogin(other.username, PASSWORD, ip))
  await t.resolves(tryLogin(user.username, PASSWORD))
})

t.test('the right password works once the wait is over', async t => {
  const user = await addUser(db)
  const ip = newAddress()
  await fail(user.username, 10, ip)
  const refusal = await tryLogin(user.username, PASSWORD, ip).catch(error => error)
  t.ok(refusal.options.retryAfterSeconds <= 60)

  await sql`update login_failures set expire = ${Date.now() - 1}`.execute(db)
  await t.resolves(tryLogin(user.username, PASSWORD, ip))
})

t.test('a right login forgives the failures before it', async t => {
  const user = await addUser(db)
  const ip = newAddress()
  await fail(user.username, 9, ip)
  await tryLogin(user.username, PASSWORD, ip)
  await fail(user.username, 9, ip)
  await t.resolves(tryLogin(user.username, PASSWORD, ip))
})

t.test('guesses at one name from everywhere are slowed to one a minute, and do not shut its owner out', async t => {
  const user = await addUser(db)
  const home = newAddress()
  await tryLogin(user.username, PASSWORD, home)
  for (let i = 0; i < 50; i++) await limits.countFailure({ username: user.username, ip: newAddress() })

  await t.rejects(tryLogin(user.username, 'not the password'), { code: 'CREDENTIALS_INVALID' }, 'one try')
  await t.rejects(tryLogin(user.username, 'not the password'), { code: 'RATE_LIMITED' }, 'no second one')
  await t.resolves(tryLogin(user.username, PASSWORD, home), 'from a known address')
})

t.test('the addresses of one IPv6 network count as one', async t => {
  const user = await addUser(db)
  for (let i = 1; i <= 10; i++) await fail(user.username, 1, `2001:db8:1:2::${i}`)
  await t.rejects(tryLogin(user.username, PASSWORD, '2001:db8:1:2:ffff::1'), { code: 'RATE_LIMITED' })
  await t.resolves(tryLogin(user.username, PASSWORD, '2001:db8:1:3::1'))
})

t.test('twenty right logins at once all pass', async t => {
  const user = await addUser(db)
  const ip = newAddress()
  await Promise.all(Array.from({ length: 20 }, () => tryLogin(user.username, PASSWORD, ip)))
  t.equal((await listSessions(db, user.id)).length, 20)
})

t.test('a flood of logins is refused beyond what may wait', async t => {
  const user = await addUser(db)
  const results = await Promise.allSettled(Array.from({ length: 120 }, () => tryLogin(user.username, PASSWORD)))
  const refused = results.filter(result => result.status === 'rejected')
  t.ok(refused.length > 0)
  for (const { reason } of refused) t.match(reason, { code: 'RATE_LIMITED' })
})

t.test('a login that a password change overtakes starts no session', async t => {
  const user = await addUser(db)
  await changePassword(db, user.id, 'another password')
  t.equal(await createSession(db, user, { ip: newAddress() }), undefined)
})

t.test('a login waits for a password change that is about to be committed', async t => {
  const user = await addUser(db)
  const late = await db.transaction().execute(async trx => {
    await trx.updateTable('users').set({ password_hash: 'changed' }).where('id', '=', user.id).execute()
    const session = createSession(db, user, { ip: newAddress() })
    await someoneWaitsForALock(db)
    return { session }
  })
  t.equal(await late.session, undefined)
})

t.test('a hash of an older cost is renewed at login', async t => {
  const user = await addUser(db)
  // argon2id of PASSWORD with m=8192, t=1, p=1.
  await db.updateTable('users').set({ password_hash: '$argon2id$v=19$m=8192,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$LYWyQPUFdg2PfBYkaC6ggVv0Lmdej0wP2XiPncBoAEk' }).where('id', '=', user.id).execute()
  await tryLogin(user.username, PASSWORD)
  t.match((await findUserById(db, user.id))?.password_hash, /^\$argon2id\$v=19\$m=19456,/)
})

t.test('failures are counted in memory while the database does not answer', async t => {
  const gone = createDatabase('postgres://127.0.0.1:1/none', 2)
  t.teardown(() => gone.destroy())
  const warnings: string[] = []
  const blind = createLoginLimits(gone, { ...silentLog, warn: (_details, message) => warnings.push(message ?? '') })
  const attempt = { username: 'somebody', ip: '10.9.9.9', isKnownAddress: async () => false }
  for (let i = 0; i < 10; i++) await blind.countFailure(attempt)
  await t.rejects(blind.check(attempt), { code: 'RATE_LIMITED' })
  t.ok(warnings.length > 0, 'and the log says so')
})

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createSession, listSessions } from '../server/accounts/sessions.ts'
import { findUserById } from '../server/accounts/users.ts'
import { verifyPassword } from '../server/accounts/passwords.ts'
import { createDatabase } from '../server/database/connect.ts'
import { addUser } from './support/accounts.ts'
import { createEmptyDatabase, createTestDatabase } from './support/database.ts'

const databaseUrl = await createTestDatabase(t)
const db = createDatabase(databaseUrl, 2)
t.teardown(() => db.destroy())

async function admin (args: string[], { input = '', url = databaseUrl } = {}) {
  const child = spawn(process.execPath, ['server/admin.ts', ...args], { env: { PATH: process.env.PATH, DATABASE_URL: url } })
  child.stdin.end(input)
  const [code, out, error] = await Promise.all([new Promise(resolve => child.once('close', resolve)), text(child.stdout), text(child.stderr)])
  return { code, out, error }
}

t.test('reset-password prints a new password once and ends the sessions', async t => {
  const user = await addUser(db)
  await createSession(db, user, { ip: '10.0.0.1' })
  const { code, out } = await admin(['reset-password', user.username])
  t.equal(code, 0)
  const [, password] = /: (\w{24})\n/.exec(out) ?? []
  t.ok((await verifyPassword(password, (await findUserById(db, user.id))!.password_hash)).matches)
  t.same(await listSessions(db, user.id), [])
})

t.test('reset-password --stdin takes the password given and does not print it', async t => {
  const user = await addUser(db)
  const { code, out } = await admin(['reset-password', user.username, '--stdin'], { input: 'typed by hand\n' })
  t.equal(code, 0)
  t.notMatch(out, 'typed by hand')
  t.ok((await verifyPassword('typed by hand', (await findUserById(db, user.id))!.password_hash)).matches)
  t.match(await admin(['reset-password', user.username, '--stdin'], { input: 'short\n' }), { code: 1, error: /8 to 1024 characters/ })
})

t.test('what cannot be done fails with a line that says why', async t => {
  t.match(await admin(['reset-password', 'nobody']), { code: 1, error: 'There is no user "nobody"\n' })
  t.match(await admin([]), { code: 1, error: /^Usage: / })
  t.match(await admin(['reset-password', 'a', '--force']), { code: 1, error: /--force/ })
  t.match(await admin(['reset-password', 'a'], { url: await createEmptyDatabase(t) }), { code: 1, error: /npm run migrate/ })
  t.match(await admin(['reset-password', 'a'], { url: 'postgres://127.0.0.1:1/none' }), { code: 1, error: /^connect ECONNREFUSED[^\n]*\n$/ })
})

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { findKeyUser, listKeys } from '../server/accounts/api-keys.ts'
import { hashKeyToken } from '../server/accounts/key-token.ts'
import { createSession, listSessions } from '../server/accounts/sessions.ts'
import { findUserById } from '../server/accounts/users.ts'
import { verifyPassword } from '../server/accounts/passwords.ts'
import { eventsAddress, eventsKey } from '../server/channels/events-address.ts'
import { createDatabase } from '../server/database/connect.ts'
import { addUser } from './support/accounts.ts'
import { createEmptyDatabase, createTestDatabase } from './support/database.ts'

const databaseUrl = await createTestDatabase(t)
const db = createDatabase(databaseUrl, 2)
t.teardown(() => db.destroy())

async function admin (args: string[], { input = '', url = databaseUrl, env = {} } = {}) {
  const child = spawn(process.execPath, ['server/admin.ts', ...args], { env: { PATH: process.env.PATH, DATABASE_URL: url, ...env } })
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

t.test('webhook-url prints the address a channel\'s provider may post to', async t => {
  const settings = { ENCRYPTION_KEY: 'e'.repeat(40), JWT_SECRET: 'j'.repeat(40), DATA_DIR: t.testdir() }
  await db.insertInto('channels').values([
    { id: 'ch-1', name: 'studio', type: 'openai', base_url: 'http://127.0.0.1:1/v1', webhook_secret: Buffer.from('sealed') },
    { id: 'ch-2', name: 'unsigned', type: 'openai', base_url: 'http://127.0.0.1:1/v1' },
    { id: 'ch-3', name: 'relay', type: 'sora-relay', base_url: 'http://127.0.0.1:1' },
    { id: 'ch-4', name: 'studio', type: 'openai', base_url: 'http://127.0.0.1:1/v1', deleted_at: new Date() }
  ]).execute()
  const path = eventsAddress(eventsKey(Buffer.from(settings.ENCRYPTION_KEY)), 'ch-1')

  const absolute = await admin(['webhook-url', 'studio'], { env: { ...settings, PUBLIC_URL: 'https://reelay.example.com/' } })
  t.match(absolute, { code: 0, out: `https://reelay.example.com${path}\n` })
  t.notMatch(absolute.error, /PUBLIC_URL|UPSTREAM_WEBHOOK_SECRET/)
  t.match(await admin(['webhook-url', 'ch-1'], { env: settings }), { code: 0, out: `${path}\n`, error: /PUBLIC_URL is not set/ })
  t.match(await admin(['webhook-url', 'unsigned'], { env: settings }), { code: 0, error: /UPSTREAM_WEBHOOK_SECRET/ })
  t.match(await admin(['webhook-url', 'ch-4'], { env: settings }), { code: 0, out: /\/ch-4\// }, 'tasks of a deleted channel are still polled')
  t.match(await admin(['webhook-url', 'relay'], { env: settings }), { code: 1, out: '', error: /sends no events/ })
  t.match(await admin(['webhook-url', 'nowhere'], { env: settings }), { code: 1, out: '', error: 'There is no channel "nowhere"\n' })
  t.match(await admin(['webhook-url', 'studio'], { env: { ...settings, ENCRYPTION_KEY: 'x'.repeat(40) } }), { code: 1, out: '', error: /^ENCRYPTION_KEY: / })
})

t.test('create-key prints a key and nothing else', async t => {
  const user = await addUser(db)
  const { code, out, error } = await admin(['create-key', user.username])
  t.match({ code, error }, { code: 0, error: '' })
  t.match(await findKeyUser(db, hashKeyToken(out.trimEnd())), { id: user.id, key: { scopes: ['tasks:read', 'tasks:write'] } })

  const boss = await addUser(db, 'admin')
  await admin(['create-key', boss.username, '--scopes', 'admin,tasks:read', '--name', 'monitoring'])
  t.match(await listKeys(db, boss.id), [{ name: 'monitoring', scopes: ['admin', 'tasks:read'] }])

  t.match(await admin(['create-key', user.username, '--scopes', 'admin']), { code: 1, out: '', error: /no administrator/ })
  t.match(await admin(['create-key', user.username, '--scopes', 'tasks:reed']), { code: 2, error: /no scope "tasks:reed"; there are tasks:read/ })
  t.match(await admin(['create-key', 'nobody']), { code: 1, error: 'There is no user "nobody"\n' })
})

t.test('what cannot be done fails with a line that says why', async t => {
  t.match(await admin(['reset-password', 'nobody']), { code: 1, error: 'There is no user "nobody"\n' })
  t.match(await admin(['reset-password', 'a'], { url: await createEmptyDatabase(t) }), { code: 1, error: /npm run migrate/ })
  t.match(await admin(['reset-password', 'a'], { url: 'postgres://127.0.0.1:1/none' }), { code: 1, error: /^connect ECONNREFUSED[^\n]*\n$/ })
})

t.test('wrong usage is exit code 2, and shows how it is meant', async t => {
  for (const args of [[], ['reset-password'], ['reset-password', 'a', 'b'], ['reset-password', 'a', '--force'], ['promote', 'a']]) {
    t.match(await admin(args), { code: 2, out: '', error: /\n\nUsage: npm run admin/ }, args.join(' '))
  }
})

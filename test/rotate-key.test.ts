import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import t from 'tap'
import { fingerprintOf, openCredential, openWebhookSecret, sealWebhookSecret, setCredential } from '../server/channels/credentials.ts'
import { loadConfig } from '../server/config.ts'
import { createDatabase } from '../server/database/connect.ts'
import type { Db } from '../server/database/tables.ts'
import { loadSecrets } from '../server/secrets.ts'
import { insertEndpoint } from '../server/webhooks/endpoint-repository.ts'
import { secretsOf } from '../server/webhooks/signing.ts'
import { addUser } from './support/accounts.ts'
import { createTestDatabase } from './support/database.ts'

const ENTRY = join(import.meta.dirname, '..', 'server', 'rotate-key.ts')
const OLD = 'the old encryption key of this test, long enough'
const NEW = 'the new encryption key of this test, long enough'

async function rotate (env: NodeJS.ProcessEnv, input?: string) {
  const child = spawn(process.execPath, [ENTRY, ...input === undefined ? [] : ['--stdin']], { env: { ...process.env, ...env } })
  child.stdin.end(input)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise(resolve => child.once('exit', resolve))])
  return { stdout, stderr, code }
}

async function work<T> (url: string, task: (db: Db) => Promise<T>): Promise<T> {
  const db = createDatabase(url, 2)
  return await task(db).finally(() => db.destroy())
}

t.test('every secret opens with the new key and none with the old one; a running process is in the way', async t => {
  const url = await createTestDatabase(t)
  const env = { DATABASE_URL: url, DATA_DIR: t.testdir(), ENCRYPTION_KEY: OLD, JWT_SECRET: 'j'.repeat(32) }
  const before = await work(url, async db => {
    const { encryption } = await loadSecrets(db, loadConfig(env))
    await db.insertInto('channels').values({ id: 'c', name: 'c', type: 'openai', base_url: 'http://a.test/v1', webhook_secret: sealWebhookSecret(encryption, 'c', 'whsec_x') }).execute()
    for (const apiKey of ['first', 'second']) await setCredential(db, encryption, 'c', { baseUrl: 'http://a.test/v1', apiKey })
    const { endpoint, secret } = await insertEndpoint(db, encryption, (await addUser(db)).id, { url: 'https://hooks.test', format: 'reelay' })
    t.match(await rotate(env, NEW), { code: 1, stderr: /running/ })
    return { endpoint, secret, rows: await db.selectFrom('channel_credentials').selectAll().execute() }
  })

  t.match(await rotate(env, 'short'), { code: 1, stderr: /32 bytes/ })
  t.match(await rotate(env, OLD), { code: 1, stderr: /present one/ })
  t.match(await rotate(env, NEW), { code: 0, stderr: /^4 secrets/, stdout: '' })
  await work(url, async db => {
    await t.rejects(loadSecrets(db, loadConfig(env)), /ENCRYPTION_KEY/)
    const { encryption } = await loadSecrets(db, loadConfig({ ...env, ENCRYPTION_KEY: NEW }))
    const rows = await db.selectFrom('channel_credentials').selectAll().orderBy('created_at').execute()
    t.same(await Promise.all(rows.map(async ({ id }) => (await openCredential(db, encryption, id)).apiKey)), ['first', 'second'])
    t.same(rows.map(row => row.fingerprint), ['first', 'second'].map(key => fingerprintOf(encryption, key)))
    await t.rejects(openCredential(db, Buffer.from(OLD), rows[0]!.id), /another key/)
    t.equal(openWebhookSecret(encryption, await db.selectFrom('channels').selectAll().where('id', '=', 'c').executeTakeFirstOrThrow()), 'whsec_x')
    const endpoint = await db.selectFrom('webhook_endpoints').selectAll().where('id', '=', before.endpoint.id).executeTakeFirstOrThrow()
    t.same(secretsOf(encryption, endpoint), [before.secret])

    // Bytes of one row in another.
    await db.updateTable('channel_credentials').set({ sealed: rows[0]!.sealed }).where('id', '=', rows[1]!.id).execute()
    await t.rejects(openCredential(db, encryption, rows[1]!.id), 'what was moved to another row does not open')
  })
})

t.test('a generated key stays a file; a given one is printed once', async t => {
  const url = await createTestDatabase(t)
  const env = { DATABASE_URL: url, DATA_DIR: join(t.testdir(), 'data'), ENCRYPTION_KEY: '', JWT_SECRET: '' }
  const load = () => work(url, db => loadSecrets(db, loadConfig(env)))
  const old = await load()
  t.match(await rotate(env), { code: 0, stderr: /^0 secrets/, stdout: '' })
  const { encryption, jwt } = await load()
  t.notOk(encryption.equals(old.encryption))
  t.ok(jwt.equals(old.jwt))

  const named = { ...env, ENCRYPTION_KEY: encryption.toString() }
  const { stdout } = await rotate(named)
  await work(url, db => loadSecrets(db, loadConfig({ ...env, ENCRYPTION_KEY: stdout.trim() })))
  t.match(stdout.trim(), /^[\w-]{43}$/)
})

t.test('wrong usage is exit code 2, and touches nothing', async t => {
  const child = spawn(process.execPath, [ENTRY, '--key', NEW], { env: { PATH: process.env.PATH } })
  const [stderr, code] = await Promise.all([text(child.stderr), new Promise(resolve => child.once('close', resolve))])
  t.match({ stderr, code }, { stderr: /--key[^]*\n\nUsage: npm run rotate-key/, code: 2 })
})

import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../server/config.ts'
import type { Db } from '../server/database/tables.ts'
import { deriveKey, loadSecrets } from '../server/secrets.ts'
import { connectTestDatabase } from './support/accounts.ts'

function configure (folder: string, more: NodeJS.ProcessEnv = {}) {
  return loadConfig({ DATA_DIR: join(folder, 'data'), ...more })
}

async function fingerprints (db: Db) {
  return db.selectFrom('instance_settings').selectAll().where('key', 'like', 'fingerprint:%').orderBy('key').execute()
}

t.test('without secrets they are generated once, for their owner only, and kept', async t => {
  const db = await connectTestDatabase(t)
  const config = configure(t.testdir())
  const loaded = await Promise.all(Array.from({ length: 4 }, () => loadSecrets(db, config)))
  for (const secrets of loaded) t.same(secrets, loaded[0])
  t.ok(loaded[0].jwt.length >= 32 && loaded[0].encryption.length >= 32)
  t.notOk(loaded[0].jwt.equals(loaded[0].encryption))
  t.same(readdirSync(config.DATA_DIR).sort(), ['encryption-key', 'jwt-secret'], 'no drafts are left')
  for (const file of readdirSync(config.DATA_DIR)) t.equal(statSync(join(config.DATA_DIR, file)).mode & 0o777, 0o600)

  const moved = configure(config.DATA_DIR, { JWT_SECRET: loaded[0].jwt.toString(), ENCRYPTION_KEY: readFileSync(join(config.DATA_DIR, 'encryption-key'), 'utf8').trim() })
  t.same(await loadSecrets(db, moved), loaded[0], 'the files hold what the variables take')
})

t.test('processes that start at once without a database in common agree by the file', async t => {
  const config = configure(t.testdir())
  const databases = await Promise.all([connectTestDatabase(t), connectTestDatabase(t), connectTestDatabase(t)])
  const [first, ...others] = await Promise.all(databases.map(db => loadSecrets(db, config)))
  for (const other of others) t.same(other, first)
})

t.test('the fingerprints tell nothing of the secrets', async t => {
  const db = await connectTestDatabase(t)
  const { jwt, encryption } = await loadSecrets(db, configure(t.testdir()))
  const rows = await fingerprints(db)
  t.same(rows.map(row => row.key), ['fingerprint:encryption', 'fingerprint:jwt'])
  for (const row of rows) {
    t.match(row.value, /^[\da-f]{32}$/)
    t.notOk([jwt, encryption].some(secret => secret.toString('hex').includes(row.value as string)))
  }
})

t.test('another secret stops the start with one line that names the variable', async t => {
  const db = await connectTestDatabase(t)
  const folder = t.testdir()
  await loadSecrets(db, configure(folder))
  const before = await fingerprints(db)

  const other = randomBytes(32).toString('hex')
  for (const variable of ['JWT_SECRET', 'ENCRYPTION_KEY']) {
    const error = await loadSecrets(db, configure(folder, { [variable]: other })).catch(error => error)
    t.match(error, { name: 'ConfigError', message: new RegExp(`^${variable}: [^\\n]+$`) })
    t.notMatch(error.message, other)
  }
  t.same(await fingerprints(db), before)
})

t.test('a lost secret is not made anew while the database remembers one', async t => {
  const db = await connectTestDatabase(t)
  const config = configure(t.testdir())
  await loadSecrets(db, config)
  rmSync(join(config.DATA_DIR, 'encryption-key'))
  await t.rejects(loadSecrets(db, config), { name: 'ConfigError', message: /^ENCRYPTION_KEY: lost; [^\n]+$/ })
  t.same(readdirSync(config.DATA_DIR), ['jwt-secret'])
})

t.test('a secret file that was cut short is refused', async t => {
  const db = await connectTestDatabase(t)
  const config = loadConfig({ DATA_DIR: t.testdir() })
  writeFileSync(join(config.DATA_DIR, 'jwt-secret'), 'short')
  await t.rejects(loadSecrets(db, config), { message: 'JWT_SECRET: must have at least 32 bytes' })
})

t.test('production takes no generated secrets', async t => {
  t.throws(() => configure(t.testdir(), { NODE_ENV: 'production' }), { message: /^JWT_SECRET: required/ })
})

t.test('keys for different purposes differ', async t => {
  const secret = randomBytes(32)
  t.notOk(deriveKey(secret, 'a', 32).equals(deriveKey(secret, 'b', 32)))
  t.ok(deriveKey(secret, 'a', 32).equals(deriveKey(secret, 'a', 32)))
  t.equal(deriveKey(secret, 'a', 20).length, 20)
})

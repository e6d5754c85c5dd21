import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createEmptyDatabase, createTestDatabase } from './support/database.ts'

const ENTRY = join(import.meta.dirname, '..', 'server', 'index.ts')

const databaseUrl = await createTestDatabase(t)
const dataDir = t.testdir()

async function failToStart (env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [ENTRY], { env: { ...process.env, DATABASE_URL: databaseUrl, DATA_DIR: dataDir, LOG_LEVEL: 'warn', ADMIN_PASSWORD: '', HOST: '127.0.0.1', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code }
}

t.test('a port that is taken ends the start in one line; the first account\'s password is told all the same', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const PORT = String((taken.address() as AddressInfo).port)

  const first = await failToStart({ PORT })
  t.equal(first.code, 1)
  t.equal(first.err, 'reelay: PORT: is in use\n')
  t.match(first.out, /^ {2}First account: admin \/ \S+ {3}\(shown only now\)\n$/)
  t.match(await failToStart({ PORT }), { code: 1, out: '', err: 'reelay: PORT: is in use\n' })
})

t.test('a host that is not this machine\'s is named', async t => {
  t.match(await failToStart({ HOST: '203.0.113.9', PORT: '0' }), { code: 1, err: 'reelay: HOST: is no address of this machine\n' })
})

t.test('a value that no schema would know is wrong stops it before the database is asked', async t => {
  t.match(await failToStart({ TRUST_PROXY: 'anybody', DATABASE_URL: 'postgres://127.0.0.1:1/none' }), { code: 1, out: '', err: /^reelay: TRUST_PROXY: [^\n]+\n$/ })
})

t.test('a database that was never migrated, and shall not be, is told of in one line', async t => {
  const { code, err } = await failToStart({ MIGRATE_ON_START: 'false', DATABASE_URL: await createEmptyDatabase(t), PORT: '0' })
  t.equal(code, 1)
  t.match(err, /^reelay: The database is not migrated: [^\n]+\n$/)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { migrateUp } from '../server/database/migrator.ts'
import { createEmptyDatabase, createTestDatabase } from './support/database.ts'
import { closedPort } from './support/scripted-server.ts'

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

t.test('a database that was never migrated, and shall not be, is waited for: /ready tells of it, all else says come again', async t => {
  const DATABASE_URL = await createEmptyDatabase(t)
  const PORT = String(await closedPort())
  const url = `http://127.0.0.1:${PORT}`
  const child = spawn(process.execPath, [ENTRY], { env: { ...process.env, MIGRATE_ON_START: 'false', DATABASE_URL, DATA_DIR: t.testdir(), HOST: '127.0.0.1', PORT, LOG_LEVEL: 'silent' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const output = createInterface(child.stdout)[Symbol.asyncIterator]()
  const says = async (words: RegExp) => {
    for (let line = await output.next(); !line.done; line = await output.next()) if (words.test(line.value)) return
    throw new Error(`It never said ${words}`)
  }
  await says(/waits at http:\S+ until the database is migrated/)

  t.match(await ask(`${url}/health`), { status: 200, body: { status: 'ok' } })
  t.match(await ask(`${url}/ready`), { status: 503, body: { status: 'unready', checks: { database: 'ok', migrations: /^\d+ pending, from 0001/ } } })
  for (const path of ['/api/video/tasks', '/v1/videos', '/']) {
    t.match(await ask(url + path), { status: 503, retryAfter: '5', body: path === '/v1/videos' ? { error: { code: 'database_unavailable' } } : { success: false, code: 'DATABASE_UNAVAILABLE' } }, path)
  }

  await migrateUp(DATABASE_URL)
  await says(/ready at http:/)
  t.match(await ask(`${url}/ready`), { status: 200, body: { status: 'ready' } }, 'it goes on by itself')
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [0, null])
})

t.test('one that waits for its migrations stops on a signal', async t => {
  const child = spawn(process.execPath, [ENTRY], { env: { ...process.env, MIGRATE_ON_START: 'false', DATABASE_URL: await createEmptyDatabase(t), DATA_DIR: t.testdir(), HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [0, null])
})

async function ask (url: string) {
  const response = await fetch(url)
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
}

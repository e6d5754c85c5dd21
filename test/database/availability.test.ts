import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import t from 'tap'
import { isDatabaseUnavailable } from '../../server/database/availability.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { findPostmaster } from '../../server/database/embedded/postmaster.ts'
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.ts'
import { EgressError } from '../../server/upstreams/egress-error.ts'
import { silentLog } from '../support/silent-log.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'reelay-'))
t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog, settings: { max_connections: '12' } })
t.teardown(() => postgres.stop())

const open = (max: number) => createDatabase(postgres.connectionString(), max)
const ask = (db: ReturnType<typeof open>) => sql`select 1`.execute(db)

async function reason (promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => undefined, error => error)
}

t.test('a query cut by a kill, and every one until Postgres is back, are its absence', async t => {
  const db = open(4)
  t.teardown(() => db.destroy())
  await ask(db)
  const cut = reason(sql`select pg_sleep(30)`.execute(db))
  process.kill(postgres.pid(), 'SIGKILL')
  t.ok(isDatabaseUnavailable(await cut))

  const errors: unknown[] = []
  for (let error; (error = await reason(ask(db))); await sleep(5)) errors.push(error)
  t.ok(errors.length > 0)
  t.same(errors.filter(error => !isDatabaseUnavailable(error)), [])
})

t.test('so is a transaction that was open when Postgres was stopped', async t => {
  const db = open(4)
  t.teardown(() => db.destroy())
  const { pid } = findPostmaster(join(realpathSync(dataDir), 'postgres'))!
  const error = await reason(db.transaction().execute(async trx => {
    await sql`select 1`.execute(trx)
    process.kill(pid, 'SIGINT')
    for (;;) await sql`select 1`.execute(trx)
  }))
  t.ok(isDatabaseUnavailable(error), String(error))
  while (await reason(ask(db))) await sleep(5)
})

t.test('so are a backend that was terminated, and a server with no connection left', async t => {
  const [db, crowd] = [open(2), open(20)]
  t.teardown(() => Promise.all([db.destroy(), crowd.destroy()]))
  t.ok(isDatabaseUnavailable(await reason(sql`select pg_terminate_backend(pg_backend_pid())`.execute(db))))

  const errors = await Promise.all(Array.from({ length: 20 }, () => reason(sql`select pg_sleep(0.5)`.execute(crowd))))
  const refused = errors.filter(Boolean)
  t.ok(refused.length > 0)
  t.ok(refused.every(isDatabaseUnavailable), String(refused[0]))
})

t.test('so are nobody on the port and a pool that waits in vain', async t => {
  const nowhere = createDatabase('postgres://a@localhost:1/a', 2)
  t.teardown(() => nowhere.destroy())
  t.ok(isDatabaseUnavailable(await reason(ask(nowhere))))
  t.ok(isDatabaseUnavailable(new Error('timeout exceeded when trying to connect')))
})

t.test('mistakes in a query, missing files and absent upstreams are something else', async t => {
  const db = open(2)
  t.teardown(() => db.destroy())
  t.notOk(isDatabaseUnavailable(await reason(sql`select nothing`.execute(db))))
  t.notOk(isDatabaseUnavailable(await reason(readFile(join(dataDir, 'nothing')))))
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  t.notOk(isDatabaseUnavailable(new EgressError('connect', refused.message, { sent: false, cause: refused })))
  t.notOk(isDatabaseUnavailable('Connection terminated'))
})

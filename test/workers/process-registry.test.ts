import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { migrateUp } from '../../server/database/migrator.ts'
import { ProcessRegistry, SILENT_MS } from '../../server/workers/process-registry.ts'
import { ManagedPostgres } from '../faults/managed-postgres.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/polling.ts'
import { silentLog } from '../support/silent-log.ts'

const PATIENCE_MS = 60_000

t.test('a process that is gone without a word is found dead; one that stopped cleanly is nobody\'s business', async t => {
  const { db, join } = await setUp(t, await createTestDatabase(t))
  const observer = await join()
  const killed = await join()
  const stopped = await join()
  await stopped.registry.close()
  await killed.registry.abandon()
  await until(() => observer.dead.length > 0, 'it is found dead', PATIENCE_MS)
  t.same(new Set(observer.dead), new Set([killed.registry.id]))
  t.same(await db.selectFrom('server_processes').select('id').where('id', '=', stopped.registry.id).execute(), [])
})

t.test('one that stands still keeps its lock and is not dead, however silent', async t => {
  const { db, databaseUrl, join } = await setUp(t, await createTestDatabase(t))
  const observer = await join()
  const [silent, dead] = [crypto.randomUUID(), crypto.randomUUID()]
  const holder = new pg.Client({ connectionString: databaseUrl })
  await holder.connect()
  t.teardown(() => holder.end())
  await holder.query('select pg_advisory_lock(hashtextextended($1, 0))', [silent])
  for (const id of [silent, dead]) await db.insertInto('server_processes').values({ id, host: 'elsewhere', pid: 1, seen_at: new Date(0) }).execute()
  await until(() => observer.dead.includes(dead), 'the other is found dead', PATIENCE_MS)
  t.notOk(observer.dead.includes(silent))
})

t.test('one that was called dead and lives takes a new id', async t => {
  const { db, join } = await setUp(t, await createTestDatabase(t))
  const { registry } = await join()
  const before = registry.id
  await db.deleteFrom('server_processes').execute()
  await until(() => registry.id !== before, 'it has a new id', PATIENCE_MS)
  t.match(await db.selectFrom('server_processes').select('id').execute(), [{ id: registry.id }])
})

t.test('connections that are terminated again and again make nobody dead', async t => {
  const { db, databaseUrl, join } = await setUp(t, await createTestDatabase(t))
  const processes = [await join(), await join()]
  const ids = processes.map(({ registry }) => registry.id)
  const attacker = new pg.Client({ connectionString: databaseUrl })
  await attacker.connect()
  t.teardown(() => attacker.end())
  for (const until = performance.now() + 2 * SILENT_MS; performance.now() < until; await sleep(700)) {
    await attacker.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'reelay process'")
  }
  await freshBeats(db, 2)
  t.same(processes.map(({ registry }) => registry.id), ids)
  t.same(processes.flatMap(({ dead }) => dead), [])
})

t.test('a Postgres that was away for long frees all locks and makes nobody dead', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'reelay-registry-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const postgres = await ManagedPostgres.start(folder)
  t.teardown(() => postgres.stop())
  await migrateUp(postgres.url, { log: silentLog })
  const { db, join: joinProcess } = await setUp(t, postgres.url)
  const processes = [await joinProcess(), await joinProcess()]
  const ids = processes.map(({ registry }) => registry.id)
  await postgres.restart('SIGKILL', SILENT_MS + 1_000)
  await freshBeats(db, 2)
  // Long enough for both to judge.
  await sleep(SILENT_MS + 2_000)
  t.same(processes.map(({ registry }) => registry.id), ids)
  t.same(processes.flatMap(({ dead }) => dead), [])
})

async function setUp (t: Test, databaseUrl: string) {
  const db = createDatabase(databaseUrl, 4)
  t.teardown(() => db.destroy())
  const join = async () => {
    const dead: string[] = []
    const registry = new ProcessRegistry(databaseUrl, db, silentLog, async id => {
      dead.push(id)
      await db.deleteFrom('server_processes').where('id', '=', id).execute()
    })
    await registry.start()
    t.teardown(() => registry.abandon())
    return { registry, dead }
  }
  return { db, databaseUrl, join }
}

/** Resolves once so many processes were seen within the last moments. */
async function freshBeats (db: ReturnType<typeof createDatabase>, count: number): Promise<void> {
  await until(async () => {
    const { rows } = await sql<{ seen: string }>`select count(*) as seen from server_processes where seen_at > now() - interval '2 seconds'`.execute(db).catch(() => ({ rows: [{ seen: '0' }] }))
    return Number(rows[0]!.seen) === count
  }, 'they are back', PATIENCE_MS)
}

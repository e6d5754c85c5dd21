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
/** Every process's connection that shows that it lives. */
const CUT_OFF = "select pid, pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'reelay process'"

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
  const { databaseUrl, addRow, join } = await setUp(t, await createTestDatabase(t))
  const silent = await addRow('long ago')
  const { query } = await connect(t, databaseUrl)
  await query('select pg_advisory_lock(hashtextextended($1, 0))', [silent])
  await isSpared(t, await join(), silent, addRow)
})

t.test('one that beats without its lock, because it lost its connection just now, is not dead', async t => {
  const { addRow, join } = await setUp(t, await createTestDatabase(t))
  const beating = await addRow('still')
  await isSpared(t, await join(), beating, addRow)
})

t.test('who has not kept its own connection for long judges nobody: they may have lost theirs at the same moment', async t => {
  const { databaseUrl, addRow, join } = await setUp(t, await createTestDatabase(t))
  const dead = await addRow('long ago')
  const joinedAt = performance.now()
  const observer = await join()
  await until(() => observer.dead.includes(dead), 'it is found dead', PATIENCE_MS)
  t.ok(performance.now() - joinedAt >= SILENT_MS, 'not at once')

  const { query } = await connect(t, databaseUrl)
  const cutAt = performance.now()
  const { rows: [old] } = await query(CUT_OFF)
  await until(async () => (await query('select from pg_stat_activity where pid = $1', [old.pid])).rowCount === 0, 'its connection is gone', PATIENCE_MS)
  const another = await addRow('long ago')
  await until(() => observer.dead.includes(another), 'it is found dead', PATIENCE_MS)
  t.ok(performance.now() - cutAt >= SILENT_MS, 'nor at once after a reconnection')
})

t.test('whoever buries a dead process lets go of its lock', async t => {
  const { databaseUrl, addRow, join } = await setUp(t, await createTestDatabase(t))
  const dead = await addRow('long ago')
  const observer = await join()
  await until(() => observer.dead.includes(dead), 'it is found dead', PATIENCE_MS)
  const { lock } = await connect(t, databaseUrl)
  await until(() => lock(dead), 'its lock is free', PATIENCE_MS)
})

t.test('one that was called dead and lives takes a new id, and the lock of that id', async t => {
  const { db, databaseUrl, join } = await setUp(t, await createTestDatabase(t))
  const { registry } = await join()
  const { isLocked } = await connect(t, databaseUrl)
  const before = registry.id
  await until(() => isLocked(before), 'it holds its first lock', PATIENCE_MS)
  await db.deleteFrom('server_processes').execute()
  await until(() => registry.id !== before, 'it has a new id', PATIENCE_MS)
  t.match(await db.selectFrom('server_processes').select('id').execute(), [{ id: registry.id }])
  await until(() => isLocked(registry.id), 'it holds its lock', PATIENCE_MS)
})

t.test('connections that are terminated again and again make nobody dead', async t => {
  const { db, databaseUrl, join } = await setUp(t, await createTestDatabase(t))
  const processes = [await join(), await join()]
  const ids = processes.map(({ registry }) => registry.id)
  const { query } = await connect(t, databaseUrl)
  for (const until = performance.now() + 2 * SILENT_MS; performance.now() < until; await sleep(700)) {
    await query(CUT_OFF)
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
  /** Of a process that is nowhere: it was seen long ago, or will have been for as long as the test runs. */
  const addRow = async (seen: 'long ago' | 'still') => {
    const id = crypto.randomUUID()
    await db.insertInto('server_processes').values({ id, host: 'elsewhere', pid: 1, seen_at: new Date(seen === 'still' ? Date.now() + 3_600_000 : 0) }).execute()
    return id
  }
  return { db, databaseUrl, addRow, join }
}

type Joined = Awaited<ReturnType<Awaited<ReturnType<typeof setUp>>['join']>>

/** Judged twice and found alive: meanwhile two others are found dead, the second of them added after the first was found. */
async function isSpared (t: Test, { dead }: Joined, id: string, addRow: (seen: 'long ago') => Promise<string>): Promise<void> {
  for (let round = 1; round <= 2; round++) {
    const other = await addRow('long ago')
    await until(() => dead.includes(other), 'another is found dead', PATIENCE_MS)
  }
  t.notOk(dead.includes(id))
}

/** A connection of the test's own. */
async function connect (t: Test, databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  t.teardown(() => client.end())
  const query = (text: string, values: unknown[] = []) => client.query(text, values)
  const lock = async (id: string): Promise<boolean> => (await query('select pg_try_advisory_lock(hashtextextended($1, 0)) as locked', [id])).rows[0].locked
  const isLocked = async (id: string) => {
    const free = await lock(id)
    if (free) await query('select pg_advisory_unlock(hashtextextended($1, 0))', [id])
    return !free
  }
  return { query, lock, isLocked }
}

/** Resolves once so many processes were seen within the last moments. */
async function freshBeats (db: ReturnType<typeof createDatabase>, count: number): Promise<void> {
  await until(async () => {
    const { rows } = await sql<{ seen: string }>`select count(*) as seen from server_processes where seen_at > now() - interval '2 seconds'`.execute(db).catch(() => ({ rows: [{ seen: '0' }] }))
    return Number(rows[0]!.seen) === count
  }, 'they are back', PATIENCE_MS)
}

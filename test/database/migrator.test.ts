import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { listPendingMigrations, MigrationError, type MigrationOutcome, migrateUp, migrationStatus } from '../../server/database/migrator.ts'
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts'

function folderWith (t: Test, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql)
  return folder
}

async function connect (t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  return client
}

async function failure (promise: Promise<unknown>): Promise<MigrationError> {
  const error = await promise.then(() => undefined, error => error)
  if (!(error instanceof MigrationError)) throw new Error('expected a MigrationError', { cause: error })
  return error
}

async function count (client: pg.Client, from: string): Promise<number> {
  const { rows } = await client.query(`select count(*)::int as count from ${from}`)
  return rows[0].count
}

t.test('the files of this repository apply to an empty database, and the second run has nothing to do', async t => {
  const url = await createEmptyDatabase(t)
  const first = await migrateUp(url)
  t.ok(first.applied.length >= 6)
  t.match(first.pgBoss, { from: null, to: Number })

  const second = await migrateUp(url)
  t.same(second, { applied: [], pgBoss: { from: first.pgBoss.to, to: first.pgBoss.to } })
})

t.test('ten runners at once apply every file once', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_create_marks.sql': 'create table marks (name text);',
    '0002_mark_once.sql': "insert into marks values ('two'); select pg_sleep(0.2);",
    '0003_index_marks.sql': "-- no-transaction\ninsert into marks values ('three');\ncreate index concurrently marks_name_idx on marks (name);"
  })
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => migrateUp(url, { folder })))

  const applied = outcomes.flatMap((outcome: MigrationOutcome) => outcome.applied)
  t.same(applied.sort(), ['0001_create_marks.sql', '0002_mark_once.sql', '0003_index_marks.sql'])
  t.equal(outcomes.filter(({ pgBoss }) => pgBoss.from === null).length, 1)
  const client = await connect(t, url)
  t.same((await client.query('select name from marks')).rows, [{ name: 'two' }, { name: 'three' }])
})

t.test('a file that fails leaves nothing behind, is named with its line, and keeps what came before', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_create_kept.sql': 'create table kept ();',
    '0002_break_off.sql': 'create table dropped ();\n\n-- é\ninsert into kept\n  select broken\n  from kept;'
  })
  const error = await failure(migrateUp(url, { folder }))
  t.match(error, { code: 'STATEMENT_FAILED', file: '0002_break_off.sql', line: 5, message: '0002_break_off.sql:5: column "broken" does not exist' })

  const { migrations } = await migrationStatus(url, { folder })
  t.match(migrations, [{ state: 'applied' }, { state: 'pending' }])
  const client = await connect(t, url)
  t.equal(await count(client, "pg_class where relname in ('kept', 'dropped')"), 1)
})

t.test('a constraint that fails only at commit is named too', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_defer.sql': 'create table a (id int primary key, b int references a deferrable initially deferred);\ninsert into a values (1, 2);'
  })
  t.match(await failure(migrateUp(url, { folder })), { code: 'STATEMENT_FAILED', line: 2, message: /foreign key/ })
})

t.test('an edited file that was applied is refused; line ends are no edit', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, { '0001_create_a.sql': 'create table a (\n);\n' })
  await migrateUp(url, { folder })
  writeFileSync(join(folder, '0001_create_a.sql'), '\uFEFFcreate table a (\r\n);\r\n')
  t.same((await migrateUp(url, { folder })).applied, [])

  writeFileSync(join(folder, '0001_create_a.sql'), 'create table a (b int\n);\n')
  t.match(await failure(migrateUp(url, { folder })), { code: 'HISTORY_MISMATCH', file: '0001_create_a.sql' })
  t.match((await migrationStatus(url, { folder })).drift, [{ file: '0001_create_a.sql' }])
})

t.test('a missing file and one out of order are refused before anything is applied', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, { '0001_create_a.sql': 'create table a ();', '0003_create_c.sql': 'create table c ();' })
  await migrateUp(url, { folder })

  writeFileSync(join(folder, '0002_create_b.sql'), 'create table b ();')
  writeFileSync(join(folder, '0004_create_d.sql'), 'create table d ();')
  t.match(await failure(migrateUp(url, { folder })), { code: 'HISTORY_MISMATCH', message: /^0002_create_b\.sql is out of order/ })

  unlinkSync(join(folder, '0001_create_a.sql'))
  t.match(await failure(migrateUp(url, { folder })), { code: 'HISTORY_MISMATCH', message: /^0001_create_a\.sql was applied but is missing/ })
  const client = await connect(t, url)
  t.equal(await count(client, "pg_class where relname in ('b', 'd')"), 0)
})

t.test('misnamed files, a number used twice, an empty file and transaction commands are refused', async t => {
  const url = await createEmptyDatabase(t)
  const refuse = async (files: Record<string, string>) => (await failure(migrateUp(url, { folder: folderWith(t, files) }))).message
  t.match(await refuse({ '1_short.sql': '' }), /^1_short\.sql: a migration is named NNNN_/)
  t.match(await refuse({ '0001_Upper.sql': '' }), /^0001_Upper\.sql: /)
  t.match(await refuse({ '0001_a.sql': '', '0001_b.sql': '' }), /^0001_b\.sql: number 0001 is used twice, also by 0001_a\.sql/)
  t.match(await refuse({ '0001_a.sql': '-- later\n' }), /^0001_a\.sql:1: there is no statement/)
  t.match(await refuse({ '0001_a.sql': 'select 1;\ncommit;' }), /^0001_a\.sql:2: the runner begins and ends the transaction/)
})

t.test('what one file sets does not reach the next', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_create_schema.sql': "create schema other; set search_path = other; set lock_timeout = '1ms';",
    '0002_create_a.sql': 'create table a ();'
  })
  await migrateUp(url, { folder })
  const client = await connect(t, url)
  t.equal(await count(client, "pg_tables where schemaname = 'public' and tablename = 'a'"), 1)
})

t.test('an invalid index that a failed build left is dropped before the next try', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_create_a.sql': 'create table a (b int); insert into a values (1), (1);',
    '0002_index_a.sql': '-- no-transaction\ncreate unique index concurrently if not exists "a_B_idx" on public.a (b);'
  })
  t.match(await failure(migrateUp(url, { folder })), { code: 'STATEMENT_FAILED', file: '0002_index_a.sql', line: 2 })
  t.match((await migrationStatus(url, { folder })).migrations, [{ state: 'applied' }, { state: 'interrupted' }])
  const client = await connect(t, url)
  t.equal(await count(client, 'pg_index where not indisvalid'), 1)

  await client.query('delete from a')
  t.same((await migrateUp(url, { folder })).applied, ['0002_index_a.sql'])
  t.equal(await count(client, "pg_index where indisvalid and indexrelid = to_regclass('\"a_B_idx\"')"), 1)
})

t.test('after an interruption, indexes that stand are not built again', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_create_a.sql': 'create table a (b int);',
    '0002_index_a.sql': '-- no-transaction\ncreate index concurrently a_b_idx on a (b);\nselect 1 / count(*) from a;'
  })
  t.match(await failure(migrateUp(url, { folder })), { line: 3, message: /division by zero/ })
  const client = await connect(t, url)
  await client.query('insert into a values (1)')
  t.same((await migrateUp(url, { folder })).applied, ['0002_index_a.sql'])
})

t.test('a runner that waits does not hold up the index that another one builds', { timeout: 20_000 }, async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, {
    '0001_create_a.sql': 'create table a (b int);',
    '0002_index_a.sql': '-- no-transaction\nselect pg_sleep(0.5);\ncreate index concurrently a_b_idx on a (b);'
  })
  const first = migrateUp(url, { folder })
  const client = await connect(t, url)
  while (await count(client, "pg_stat_activity where query like 'select pg_sleep%'") === 0);
  t.same(await Promise.all([first, migrateUp(url, { folder })]).then(outcomes => outcomes.map(({ applied }) => applied.length)), [2, 0])
})

t.test('pending migrations are listed for those who only look', async t => {
  const empty = createDatabase(await createEmptyDatabase(t), 2)
  t.teardown(() => empty.destroy())
  t.ok((await listPendingMigrations(empty)).includes('0001_create_accounts.sql'))
  t.ok((await listPendingMigrations(empty)).includes('pg-boss'))

  const migrated = createDatabase(await createTestDatabase(t), 2)
  t.teardown(() => migrated.destroy())
  t.same(await listPendingMigrations(migrated), [])
})

t.test('a connection that breaks on the way is one line too', async t => {
  const url = await createEmptyDatabase(t)
  const folder = folderWith(t, { '0001_cut.sql': 'select pg_terminate_backend(pg_backend_pid());' })
  const error = await failure(migrateUp(url, { folder }))
  t.match(error, { code: 'DATABASE_UNREACHABLE', file: '0001_cut.sql', line: 1 })
  t.notMatch(error.message, '\n')
})

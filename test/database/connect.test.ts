import { sql } from 'kysely'
import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { createTestDatabase } from '../support/database.ts'

const url = await createTestDatabase(t)
const db = createDatabase(url, 2)
t.teardown(() => db.destroy())

t.test('int8 and numeric stay strings, timestamps become dates, jsonb is parsed', async t => {
  const { rows } = await sql<Record<string, unknown>>`
    select 9007199254740993::int8 as big, 0.1::numeric as fraction, now() as moment, '{"a":1}'::jsonb as json`.execute(db)
  t.match(rows[0], { big: '9007199254740993', fraction: '0.1', moment: Date, json: { a: 1 } })
})

t.test('a fresh test database is migrated and empty', async t => {
  t.same(await db.selectFrom('users').selectAll().execute(), [])
})

t.test('an idle connection that is cut is replaced at the next query', async t => {
  const other = createDatabase(url, 2)
  t.teardown(() => other.destroy())
  const { rows: [mine] } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(other)
  await sql`select pg_terminate_backend(${mine!.pid}, 5000)`.execute(db)

  const { rows: [next] } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(other)
  t.not(next!.pid, mine!.pid)
})

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { migrateUp } from '../../server/database/migrator.ts'
import { findLineage } from '../../server/tasks/lineage.ts'
import { createEmptyDatabase } from '../support/database.ts'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')

t.test('trees that were there before the places of their tasks were kept are placed by the migration', async t => {
  const before = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.teardown(() => rmSync(before, { recursive: true }))
  cpSync(MIGRATIONS, before, { recursive: true, filter: path => path === MIGRATIONS || basename(path) < '0031' })
  const url = await createEmptyDatabase(t)
  await migrateUp(url, { folder: before })
  const db = createDatabase(url, 2)
  t.teardown(() => db.destroy())
  await sql`insert into users (username, password_hash, role) values ('one', '-', 'user'), ('two', '-', 'user')`.execute(db)
  await sql`insert into channels (id, name, type, builtin) values ('c', 'c', 'sora-relay', true)`.execute(db)
  // 1 ─ 2 ─ 4, 1 ─ 3; b hangs on another user's task; x and y on each other, which nobody can make.
  const rows = [['1', null, 'one'], ['2', '1', 'one'], ['3', '1', 'one'], ['4', '2', 'one'], ['b', '4', 'two'], ['b2', 'b', 'two'], ['lost', 'gone', 'one'], ['x', 'y', 'one'], ['y', 'x', 'one']] as const
  for (const [id, parent, user] of rows) {
    await sql`
      insert into tasks (id, user_id, status, stage, channel_id, model, prompt, metadata)
      select ${id}, id, 'COMPLETED', 'completed', 'c', 'm', 'p', ${parent === null ? '{}' : JSON.stringify({ type: 'remix', remix_from: parent })}::jsonb from users where username = ${user}`.execute(db)
  }

  await migrateUp(url)
  const places = await db.selectFrom('tasks').select(['id', 'root_id', 'depth']).orderBy('id').execute()
  t.same(places.map(({ id, root_id: root, depth }) => [id, root, depth]), [
    ['1', null, null], ['2', '1', 1], ['3', '1', 1], ['4', '1', 2], ['b', null, null], ['b2', 'b', 1], ['lost', null, null], ['x', null, null], ['y', null, null]
  ])
  const { id: userId } = await db.selectFrom('users').select('id').where('username', '=', 'one').executeTakeFirstOrThrow()
  const { rootId, nodes } = await findLineage(db, userId, '4', { limit: 10 })
  t.same([rootId, nodes.map(({ videoId }) => videoId)], ['1', ['1', '2', '3', '4']])

  await sql`insert into tasks (id, user_id, status, stage, channel_id, model, prompt, metadata) values ('5', ${userId}, 'QUEUED', 'accepted', 'c', 'm', 'p', '{"type": "remix", "remix_from": "4"}')`.execute(db)
  t.match(await db.selectFrom('tasks').select(['root_id', 'depth']).where('id', '=', '5').executeTakeFirst(), { root_id: '1', depth: 3 })
})

import { sql } from 'kysely'
import t from 'tap'
import { findLogEnd, readUserEvents } from '../../server/events/event-log.ts'
import { startApp } from '../support/app.ts'

t.test('the end of the log is never a transaction that left nothing: Postgres gives its id out again after a crash', async t => {
  const { admin, db, waitForTask } = await startApp(t)
  t.equal((await findLogEnd(db)).xid, '0', 'an empty log begins at the beginning')
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  const events = await readUserEvents(db, admin.id, { xid: '0', id: '0' }, 100)

  await db.transaction().execute(async trx => {
    await sql`select pg_current_xact_id()`.execute(trx)
    throw new Error('rolled back')
  }).catch(() => {})
  const end = await findLogEnd(db)
  t.equal(end.xid, events.at(-1)!.xid)
  t.same(await readUserEvents(db, admin.id, end, 100), [], 'and nothing old is news')
})

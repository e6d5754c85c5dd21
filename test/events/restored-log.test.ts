import { sql } from 'kysely'
import t from 'tap'
import { findLogEnd, readUserEvents } from '../../server/events/event-log.ts'
import { adoptRestoredLog } from '../../server/events/restored-log.ts'
import { findHorizon } from '../../server/events/retention.ts'
import { startApp } from '../support/app.ts'

t.test('events of another cluster, later than any transaction of this one, are settled and old', async t => {
  const { admin, db, waitForTask } = await startApp(t)
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  const before = await readUserEvents(db, admin.id, { xid: '0', id: '0' }, 100)
  t.ok(before.length > 1)

  await sql`update task_events set xid = (xid::text::bigint + 1000000000)::text::xid8`.execute(db)
  await db.insertInto('instance_settings').values({ key: 'feed:horizon', value: { xid: '1000000001', id: '5' } }).execute()
  t.equal(await adoptRestoredLog(db), before.length)
  t.same(await readUserEvents(db, admin.id, await findLogEnd(db), 100), [], 'nothing old is news')
  const after = await readUserEvents(db, admin.id, { xid: '0', id: '0' }, 100)
  t.same(after.map(({ id, settled }) => [id, settled]), before.map(({ id }) => [id, true]))
  t.equal(await findHorizon(db), undefined, 'no new cursor lies before what was pruned in the other cluster')

  const next = await admin.createTask()
  await waitForTask(next.videoId, 'COMPLETED')
  t.equal(await adoptRestoredLog(db), 0, 'its own events stay as they are')
})

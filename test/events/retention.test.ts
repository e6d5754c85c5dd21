import { sql } from 'kysely'
import t from 'tap'
import { findHorizon, pruneEvents } from '../../server/events/retention.ts'
import { startApp } from '../support/app.ts'

const OLD = 60_000
/** A lock over all of it would be seen: pruning takes longer than this in any case. */
const LONGEST_WAIT_MS = 3_000

t.test('a long log is pruned in short transactions: nobody who writes waits for them, and the horizon moves along', { timeout: 100_000 }, async t => {
  const { admin, db, waitForTask } = await startApp(t)
  const { videoId } = await admin.createTask()
  await waitForTask(videoId, 'COMPLETED')
  await sql`
    insert into task_events (user_id, task_id, attempt, status, stage, created_at)
    select ${admin.id}, ${videoId}, 1, 'COMPLETED', 'completed', now() - interval '30 days' from generate_series(1, ${OLD})`.execute(db)

  const over = new AbortController()
  const pruning = pruneEvents(db, 7).finally(() => over.abort())
  let [written, longestMs] = [0, 0]
  const horizons = new Set<string>()
  while (!over.signal.aborted) {
    const begun = performance.now()
    await db.insertInto('task_events').values({ user_id: admin.id, task_id: videoId, attempt: 1, status: 'COMPLETED', stage: 'completed' }).execute()
    longestMs = Math.max(longestMs, performance.now() - begun)
    written++
    horizons.add(JSON.stringify(await findHorizon(db)))
  }

  t.equal(await pruning, OLD)
  t.ok(written > 20, `${written} events were written meanwhile`)
  t.ok(longestMs < LONGEST_WAIT_MS, `the slowest took ${longestMs.toFixed(0)} ms`)
  t.ok(horizons.size > 3, `${horizons.size} places of the horizon were seen on the way`)
  const left = await db.selectFrom('task_events').select(eb => eb.fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
  t.equal(Number(left.count), written + 3, 'what is young stays')
})

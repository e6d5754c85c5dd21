import { sql } from 'kysely'
import t from 'tap'
import type { Db } from '../../server/database/tables.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, prepare, readTasks, submitAll, waitForAll } from './restarts.ts'

/** Every place of a poll at which a process can die. The first knows no task yet. */
const PLACES = ['poll.after-fetch', 'poll.after-claim', 'poll.before-ask', 'poll.after-ask', 'poll.before-commit', 'poll.after-commit']

// Eight processes, one after the other.
t.setTimeout(300_000)

t.test('killed at any place of a poll, a task completes once', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 100 })
  const { db, databaseUrl, start } = await prepare(t, upstream, { POLL_MIN_MS: '600000', POLL_MAX_MS: '600000' })
  const first = await start()
  const acknowledged = await submitAll(first.api, 'sora_video2')
  await first.end('SIGTERM')
  const tasks = await readTasks(db)

  for (const [i, place] of PLACES.entries()) {
    const { id } = tasks[i]!
    await makeDue(db, [id])
    const armed = { FAILPOINT: i === 0 ? place : `${place}@${id}` }
    const ended = await start(armed).then(({ exited }) => exited, () => 'before it could answer')
    if (Array.isArray(ended)) t.same(ended, [null, 'SIGKILL'], place)
  }
  await makeDue(db, tasks.slice(PLACES.length).map(({ id }) => id))
  await start()
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream, acknowledged)
  const ends = await db.selectFrom('task_events').select(['task_id', eb => eb.fn.countAll<string>().as('count')]).where('status', '=', 'COMPLETED').groupBy('task_id').execute()
  t.same(ends.filter(({ count }) => count !== '1'), [], 'each said so once')
  t.equal(ends.length, tasks.length)
  t.same(await db.selectFrom('poll_suspects').selectAll().execute(), [])
})

/** And overdue for so long that the sweep revives them at once, should their jobs be lost. */
async function makeDue (db: Db, ids: string[]): Promise<void> {
  await sql`update task_polls set next_poll_at = now() - interval '1 minute' where task_id = any(${ids})`.execute(db)
  await sql`update pgboss.job set start_after = now() where name = 'poll-task' and state = 'created' and data ->> 'taskId' = any(${ids})`.execute(db)
}

import { sql } from 'kysely'
import t from 'tap'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, COUNT, prepare, readTasks, submitAll, waitForAll } from './restarts.ts'

t.test('killed while 20 tasks run: after a start every one ends, none is submitted twice', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 2_000 })
  // No poll is in hand yet.
  const { db, databaseUrl, start } = await prepare(t, upstream, { POLL_MIN_MS: '2000' })
  const first = await start()
  const acknowledged = await submitAll(first.api, 'sora_video2')
  t.equal(await first.end('SIGKILL'), null)
  t.same(new Set((await readTasks(db)).map(({ status }) => status)), new Set(['PROCESSING']))

  await start()
  const tasks = await waitForAll(t, db, databaseUrl)
  t.equal(tasks.length, COUNT)
  await checkOutcome(t, tasks, upstream, acknowledged)
})

t.test('killed while it polls: the polls in hand are found again when their leases are over', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 500 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  upstream.behave('poll', { poll: { answer: 'hang' } })
  const first = await start()
  const acknowledged = await submitAll(first.api, 'sora_video2')
  await upstream.untilPolled(COUNT)
  await first.end('SIGKILL')
  upstream.forgetBehaviours()

  const minuteLater = await db
    .updateTable('task_polls')
    .set({ next_poll_at: sql`next_poll_at - interval '1 minute'`, lease_until: sql`lease_until - interval '1 minute'` })
    .where('lease_until', 'is not', null)
    .executeTakeFirst()
  t.equal(Number(minuteLater.numUpdatedRows), COUNT)
  await start()
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream, acknowledged)
})

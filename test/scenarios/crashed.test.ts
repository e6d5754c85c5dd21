import t from 'tap'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, COUNT, prepare, submitAll, waitForAll } from './restarts.ts'

const PATIENCE_MS = 60_000
/** A crash is found out some 6 s after the next start; the lease of a poll would run for 45 s. */
const RECOVERED_MS = 40_000

t.setTimeout(240_000)

t.test('killed with every poll in hand: they are back long before their leases end, and nobody is quarantined', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 100 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  upstream.behave('poll', { poll: { answer: 'hang' } })
  const first = await start()
  const acknowledged = await submitAll(first.api, 'sora_video2')
  await upstream.untilPolled(COUNT)
  await first.end('SIGKILL')
  upstream.forgetBehaviours()

  await start()
  const startedAt = performance.now()
  const tasks = await waitForAll(t, db, databaseUrl)
  t.comment(`recovered ${Math.round(performance.now() - startedAt)} ms after the start`)
  t.ok(performance.now() - startedAt < RECOVERED_MS)
  await checkOutcome(t, tasks, upstream, acknowledged)
  t.same(await db.selectFrom('poll_suspects').selectAll().execute(), [])
  t.same(await db.selectFrom('task_events').selectAll().where('kind', '=', 'note').execute(), [])
})

t.test('a process that was told to stop makes nobody suspect: not when it ends in time, and not when it is killed over it', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 100 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  upstream.behave('poll', { poll: { answer: 'hang' } })
  const first = await start()
  const acknowledged = await submitAll(first.api, 'sora_video2')
  await upstream.untilPolled(COUNT)
  process.kill(first.pid, 'SIGTERM')
  await until(async () => (await db.selectFrom('server_processes').selectAll().where('stopping_at', 'is not', null).execute()).length === 1, 'it begins to stop', PATIENCE_MS)
  await first.end('SIGKILL')
  upstream.forgetBehaviours()

  const second = await start()
  const suspects: unknown[] = []
  const watch = setInterval(async () => { suspects.push(...await db.selectFrom('poll_suspects').selectAll().execute()) }, 100)
  t.teardown(() => clearInterval(watch))
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream, acknowledged)
  clearInterval(watch)
  t.same(suspects, [])
  t.equal(await second.end('SIGTERM'), 0)
  t.same(await db.selectFrom('server_processes').selectAll().execute(), [])
})

import t from 'tap'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, COUNT, prepare, submitAll, waitForAll } from './restarts.ts'

t.test('killed while it submits: what was answered or written is made, and paid once', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: 200 })
  const { db, databaseUrl, start } = await prepare(t, upstream, { SUBMIT_TIMEOUT_MS: '1000' })
  const first = await start()
  // Taken and paid at once, answered late: the answers of many are on their way when the server dies.
  for (let i = 0; i < COUNT; i++) upstream.behave('create', { create: { latencyMs: 20 + 20 * i, accepted: true } }, 1)
  const submitting = submitAll(first.api, 'sora-2')
  await upstream.untilPaid(COUNT / 2)
  await first.end('SIGKILL')
  const acknowledged = await submitting
  upstream.forgetBehaviours()
  t.ok(acknowledged.length < COUNT, `${acknowledged.length} had an answer`)

  await start()
  const tasks = await waitForAll(t, db, databaseUrl)
  await checkOutcome(t, tasks, upstream, acknowledged)
  const adopted = await db.selectFrom('task_attempts').select('task_id').where('adopted', '=', true).execute()
  t.ok(adopted.length > 0, `${adopted.length} were found in the provider's list`)
})

t.test('SIGTERM: requests are answered, the process ends by itself, and the next one goes on', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 1_000 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  const first = await start()
  upstream.behave('create', { create: { latencyMs: 300 } })
  const submitting = submitAll(first.api, 'sora_video2')
  await upstream.untilPaid(1)
  const startedAt = performance.now()
  t.equal(await first.end('SIGTERM'), 0)
  t.ok(performance.now() - startedAt < 15_000)
  const acknowledged = await submitting
  t.ok(acknowledged.length > 0)

  await start()
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream, acknowledged)
})

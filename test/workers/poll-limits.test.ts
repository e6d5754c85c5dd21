import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startSandbox } from '../../server/sandbox/server.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { setUpPolling, until } from '../support/polling.ts'
import { addJobs } from '../support/sandbox-jobs.ts'

t.test('a channel is polled at its rate, however many processes poll', async t => {
  const store = createMemoryStore()
  const sandbox = await startSandbox({ store, durationMs: 600_000 })
  t.teardown(() => sandbox.close())
  const one = await setUpPolling(t)
  const other = await setUpPolling(t, { databaseUrl: one.databaseUrl })
  await one.addChannel('slow', { url: sandbox.url, settings: { pollsPerSecond: 10 } })
  for (const id of await addJobs(store, 'sora-relay', 60)) await one.addTask('slow', id)

  one.engine.start()
  other.engine.start()
  await sleep(3_000)
  const polls = sandbox.control.requests().poll ?? 0
  // A bucket of one second's worth, then ten a second.
  t.ok(polls >= 15 && polls <= 45, `${polls} polls in 3 s`)
})

t.test('a channel that hangs delays no other and does not fill the engine', async t => {
  const store = createMemoryStore()
  const sandbox = await startSandbox({ store, durationMs: 600_000 })
  t.teardown(() => sandbox.close())
  const polling = await setUpPolling(t)
  const hanging = await startScriptedServer(t, () => {})
  await polling.addChannel('hanging', { url: hanging.url, settings: { pollConcurrency: 5 } })
  await polling.addChannel('lively', { url: sandbox.url })
  for (let i = 0; i < 300; i++) await polling.addTask('hanging', `hanging-${i}`)
  const lively = await Promise.all((await addJobs(store, 'sora-relay', 20)).map(id => polling.addTask('lively', id)))

  polling.engine.start()
  await until(async () => await polling.sum('polls', 'lively') >= lively.length * 10, 'the lively channel is polled')
  t.ok(polling.engine.stats.latenessMs.percentile(95) < 1_000, `p95 ${polling.engine.stats.latenessMs.percentile(95)} ms`)
  await until(() => polling.engine.inHand < 30, 'the surplus was put back')
  t.equal(hanging.requests.length, 5)
  t.equal(await polling.sum('failures', 'hanging'), 0, 'being put back is no failure')
})

t.test('a task that is put back again and again still ends by its deadline', async t => {
  const polling = await setUpPolling(t)
  const hanging = await startScriptedServer(t, () => {})
  await polling.addChannel('hanging', { url: hanging.url, settings: { pollConcurrency: 1 } })
  await polling.addTask('hanging', 'holds the slot')
  polling.engine.start()
  await until(() => hanging.requests.length === 1, 'the slot is taken')
  const taskId = await polling.addTask('hanging', 'waits', { deadlineMs: 1_000 })
  await until(async () => (await polling.taskOf(taskId)).status === 'FAILED', 'the deadline')
  t.equal((await polling.taskOf(taskId)).error_code, 'DEADLINE_EXCEEDED')
})

t.test('a look that hangs ends soon after its task\'s deadline', async t => {
  const polling = await setUpPolling(t)
  const hanging = await startScriptedServer(t, () => {})
  await polling.addChannel('hanging', { url: hanging.url })
  const taskId = await polling.addTask('hanging', 'hangs', { deadlineMs: 1_000 })
  const startedAt = performance.now()
  polling.engine.start()
  await until(async () => (await polling.taskOf(taskId)).status === 'FAILED', 'the deadline')
  t.equal((await polling.taskOf(taskId)).error_code, 'DEADLINE_EXCEEDED')
  t.ok(performance.now() - startedAt < 10_000, 'long before the 15 s that a reply may take')
  t.equal(hanging.requests.length, 1)
})

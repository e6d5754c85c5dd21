import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startSandbox } from '../../server/sandbox/server.ts'
import { POLL_TASK } from '../../server/queues/queues.ts'
import type { Submissions } from '../../server/tasks/submissions.ts'
import { sweep } from '../../server/workers/sweep.ts'
import { addJobs } from '../support/sandbox-jobs.ts'
import { setUpPolling, until } from '../support/polling.ts'

const COUNT = 200
const SPREAD_MS = 5_000
const submissions = { fillFreePlaces: async () => {} } as Submissions

t.test('polls whose jobs are lost are found again by the sweep, and do not start all at once', async t => {
  const { polling, ids, control } = await setUp(t, COUNT)
  for (const id of ids) await polling.addTask('c', id, { dueInMs: -60_000, job: false })
  await sweep(polling.context, submissions)
  await sweep(polling.context, submissions)

  const starts = await waitingJobs(polling)
  t.equal(starts.length, COUNT, 'one job each, however often it is looked')
  const spread = starts.at(-1)! - starts[0]!
  t.ok(spread > SPREAD_MS / 2 && spread <= SPREAD_MS, `over ${spread} ms`)
  const fullest = Math.max(...Array.from(Map.groupBy(starts, at => Math.floor((at - starts[0]!) / 500)).values(), ({ length }) => length))
  t.ok(fullest < COUNT / 4, `${fullest} of ${COUNT} in the same half second`)

  polling.engine.start()
  await until(async () => await polling.sum('polls', 'c') === COUNT, 'all are polled')
  t.equal(control.requests().poll, COUNT)
})

t.test('a poll whose job is waiting, or that is in hand, is left alone', async t => {
  const { polling, ids } = await setUp(t, 3)
  await polling.addTask('c', ids[0]!, { dueInMs: -60_000 })
  const inHand = await polling.addTask('c', ids[1]!, { dueInMs: -60_000, job: false })
  await polling.addTask('c', ids[2]!, { dueInMs: -1_000, job: false })
  await polling.db.updateTable('task_polls').set({ lease_until: sql`now() + interval '30 seconds'` }).where('task_id', '=', inHand).execute()
  await sweep(polling.context, submissions)
  t.equal((await waitingJobs(polling)).length, 1)
})

t.test('a job delivered twice polls once, and leaves one job behind', async t => {
  const { polling, ids, control } = await setUp(t, 1)
  const taskId = await polling.addTask('c', ids[0]!)
  await polling.boss.insert(POLL_TASK, [1, 2].map(i => ({ data: { taskId, attempt: 1 }, singletonKey: `again ${i}` })))
  polling.engine.start()
  await until(async () => (await polling.pollOf(taskId)).polls === 1, 'it is polled')
  await until(async () => (await waitingJobs(polling)).length === 1, 'the others are gone')
  t.equal(control.requests().poll, 1)
  t.equal((await waitingJobs(polling)).length, 1)
})

/** A provider with jobs that never end, and an engine that asks once a minute. */
async function setUp (t: Test, count: number) {
  const store = createMemoryStore()
  const { url, control, close } = await startSandbox({ store, durationMs: 600_000, apiKey: 'a-key', control: true })
  t.teardown(close)
  const polling = await setUpPolling(t, { env: { POLL_MIN_MS: '60000', POLL_MAX_MS: '60000' } })
  await polling.addChannel('c', { url })
  return { polling, control, ids: await addJobs(store, 'sora-relay', count) }
}

type Polling = Awaited<ReturnType<typeof setUpPolling>>

/** When they start, in milliseconds, in order. */
async function waitingJobs ({ db }: Polling): Promise<number[]> {
  const { rows } = await sql<{ at: Date }>`select start_after as at from pgboss.job where name = ${POLL_TASK} and state = 'created' order by 1`.execute(db)
  return rows.map(({ at }) => at.getTime())
}

import { sql } from 'kysely'
import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { remainingMs } from '../../server/cadence/cadence.ts'
import { KEPT_RUNS, recordRunTimes, RunTimeProfiles, type FinishedRun } from '../../server/cadence/run-time-profiles.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startSandbox } from '../../server/sandbox/server.ts'
import { connectTestDatabase, someoneWaitsForALock } from '../support/accounts.ts'
import { setUpPolling, until } from '../support/polling.ts'
import { addJobs } from '../support/sandbox-jobs.ts'

const db = await connectTestDatabase(t)

let channels = 0

async function addChannel (): Promise<string> {
  const id = `channel-${++channels}`
  await db.insertInto('channels').values({ id, name: id, type: 'sora-relay' }).execute()
  return id
}

const run = (channelId: string, changes: Partial<FinishedRun> = {}): FinishedRun =>
  ({ channelId, model: 'sora-2', duration: '8', afterMs: 58_000, untilMs: 62_000, ...changes })

const runs = (channelId: string, count: number, changes?: Partial<FinishedRun>) => Array.from({ length: count }, () => run(channelId, changes))

const record = (finished: FinishedRun[]) => db.transaction().execute(trx => recordRunTimes(trx, finished))

const rowsOf = (channelId: string) => db.selectFrom('run_time_profiles').selectAll().where('channel_id', '=', channelId).orderBy('duration').execute()

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

t.test('each kind of task has its own profile, whatever its duration is written like', async t => {
  const channelId = await addChannel()
  await record([run(channelId), run(channelId, { duration: '8.0' }), run(channelId, { duration: null }), run(channelId, { model: 'sora-2-pro' })])
  t.match(await rowsOf(channelId), [{ duration: '0', runs: 1 }, { duration: '8' }, { duration: '8' }])
  const rows = await rowsOf(channelId)
  t.same(rows.map(row => [row.model, row.runs]).sort(), [['sora-2', 1], ['sora-2', 2], ['sora-2-pro', 1]])
  for (const row of rows) t.ok(Math.abs(sum(row.bins) - row.runs) < 1e-3)
})

t.test('recorders side by side lose nothing', async t => {
  const [a, b] = [await addChannel(), await addChannel()]
  const progress = { value: 50, atMs: 30_000 }
  await Promise.all(Array.from({ length: 40 }, (_, i) => record(i % 2 ? [run(a, { progress }), run(b, { progress })] : [run(b, { progress }), run(a, { progress })])))
  // Each of the 39 later ones lets what stood there fade a little.
  const kept = 0.5 ** (1 / KEPT_RUNS)
  const expected = (1 - kept ** 40) / (1 - kept)
  for (const channelId of [a, b]) {
    const [row] = await rowsOf(channelId)
    t.ok(Math.abs(row!.runs - expected) < 0.01, `${row!.runs} runs of ${expected}`)
    t.ok(Math.abs(sum(row!.bins) - expected) < 0.01)
    t.ok(Math.abs(row!.foretold - expected) < 0.01)
    t.ok(Math.abs(row!.overrun / row!.foretold - 1) < 0.01)
  }
})

t.test('recorders take their rows in one order, so that they cannot deadlock', async t => {
  const [a, b] = [await addChannel(), await addChannel()]
  await record([run(a), run(b)])
  let other: Promise<void>
  await db.transaction().execute(async trx => {
    await recordRunTimes(trx, [run(a)])
    other = record([run(b), run(a)])
    await someoneWaitsForALock(db)
    await recordRunTimes(trx, [run(b)])
  })
  await t.resolves(other!)
})

t.test('a transaction that fails records nothing', async t => {
  const channelId = await addChannel()
  await t.rejects(db.transaction().execute(async trx => {
    await recordRunTimes(trx, runs(channelId, 3))
    throw new Error('no')
  }))
  t.same(await rowsOf(channelId), [])
  await record([])
})

t.test('old runs fade by newer ones', async t => {
  const channelId = await addChannel()
  await record(runs(channelId, 400))
  for (let i = 0; i < 4; i++) await record(runs(channelId, KEPT_RUNS, { afterMs: 118_000, untilMs: 122_000 }))
  const profile = (await new RunTimeProfiles(db).find(run(channelId)))!
  t.ok(Math.abs(remainingMs({ elapsedMs: 0, profile })! - 120_000) < 5_000, 'the new run time is the likely one')
  const [row] = await rowsOf(channelId)
  t.ok(Math.abs(row!.runs - (400 / 16 + KEPT_RUNS * (1 + 1 / 2 + 1 / 4 + 1 / 8))) < 0.1)
})

t.test('old runs fade by age, to nothing in the end', async t => {
  const channelId = await addChannel()
  await record(runs(channelId, 100))
  await sql`update run_time_profiles set updated_at = now() - interval '14 days' where channel_id = ${channelId}`.execute(db)
  await record([run(channelId)])
  const [faded] = await rowsOf(channelId)
  t.ok(Math.abs(faded!.runs - (25 * 0.5 ** (1 / KEPT_RUNS) + 1)) < 0.1)

  await sql`update run_time_profiles set updated_at = '1970-01-01' where channel_id = ${channelId}`.execute(db)
  await record([run(channelId, { afterMs: 10_000, untilMs: 11_000 })])
  const [anew] = await rowsOf(channelId)
  t.equal(anew!.runs, 1)
  t.ok(anew!.updated_at.getTime() > Date.now() - 60_000)
})

t.test('a profile is read once, however many polls ask for it', async t => {
  const channelId = await addChannel()
  await record(runs(channelId, 20))
  let queries = 0
  const profiles = new RunTimeProfiles(db.withPlugin({
    transformQuery: ({ node }) => { queries++; return node },
    transformResult: async ({ result }) => result
  }))
  const found = await Promise.all(Array.from({ length: 100 }, () => profiles.find(run(channelId))))
  t.equal(queries, 1)
  t.ok(found.every(profile => profile && profile === found[0]))
})

t.test('with Postgres away there is no profile, and no error', async t => {
  const gone = createDatabase('postgres://127.0.0.1:1/none', 2)
  t.teardown(() => gone.destroy())
  const profiles = new RunTimeProfiles(gone)
  t.equal(await profiles.find(run('any')), undefined)
})

t.test('the poll engine records what it sees end, between its last two looks', async t => {
  const store = createMemoryStore()
  const sandbox = await startSandbox({ store, durationMs: 600_000 })
  t.teardown(() => sandbox.close())
  const polling = await setUpPolling(t)
  await polling.addChannel('sandbox', { url: sandbox.url })
  const submittedAt = new Date()
  const ids = await addJobs(store, 'sora-relay', 12, {}, 5_000)
  const tasks = await Promise.all(ids.map(id => polling.addTask('sandbox', id)))
  await polling.db.updateTable('task_attempts').set({ accepted_at: submittedAt }).execute()
  polling.engine.start()
  await until(async () => (await Promise.all(tasks.map(polling.taskOf))).every(task => task.status === 'COMPLETED'), 'all end')

  const row = await polling.db.selectFrom('run_time_profiles').selectAll().where('channel_id', '=', 'sandbox').executeTakeFirstOrThrow()
  t.ok(row.runs > 11 && row.runs <= 12, `${row.runs} runs`)
  t.ok(row.foretold > 0, `the progress foretold ${row.foretold}`)
  const profile = (await new RunTimeProfiles(polling.db).find({ channelId: 'sandbox', model: row.model, duration: row.duration }))!
  const likelyMs = remainingMs({ elapsedMs: 0, profile })!
  t.ok(likelyMs > 3_000 && likelyMs < 8_000, `likely ${likelyMs} ms`)
  const last = await polling.pollOf(tasks[0]!)
  t.ok(last.polled_after_ms > 0 && last.progress > 0 && last.progress_after_ms <= last.polled_after_ms)
})

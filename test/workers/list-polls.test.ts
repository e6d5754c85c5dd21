import t, { type Test } from 'tap'
import type { Behaviour } from '../../server/sandbox/behaviour.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startSandbox } from '../../server/sandbox/server.ts'
import { setUpPolling, until, type Polling } from '../support/polling.ts'
import { startRetoldLists, type Retell } from '../support/retold-lists.ts'
import { addJobs } from '../support/sandbox-jobs.ts'
import { json, text, type Answer } from '../support/scripted-server.ts'

t.setTimeout(300_000)

const RUNNING: Behaviour = { outcome: 'never' }
/** Ends at once, with an address of its own that holds the job's id. */
const DONE: Behaviour = { durationMs: 1, contentMode: 'metadata' }

interface Setup { count: number, behaviour?: Behaviour, retell?: Retell, settings?: object, env?: NodeJS.ProcessEnv }

/** An openai channel with so many tasks, all due; the engine does not run yet. */
async function setUp (t: Test, { count, behaviour = DONE, retell, settings = {}, env }: Setup) {
  const store = createMemoryStore()
  const sandbox = await startSandbox({ store, durationMs: 600_000 })
  t.teardown(() => sandbox.close())
  const provider = await startRetoldLists(t, sandbox.url, retell)
  const polling = await setUpPolling(t, { env })
  await polling.addChannel('c', { type: 'openai', url: provider.url, settings: { ...settings } })
  const tasks = new Map<string, string>()
  for (const id of await addJobs(store, 'openai', count, behaviour)) tasks.set(await polling.addTask('c', id), id)
  const figures = () => polling.engine.stats.channels.get('c')!
  return { store, provider, polling, tasks, figures }
}

/** The upstream's completion is recorded; the files are somebody else's work, who is not here. */
async function untilDone ({ db }: Polling, count: number): Promise<void> {
  await until(async () => {
    const rows = await db.selectFrom('task_polls').select('task_id').where('stage', '=', 'saving').execute()
    return rows.length === count
  }, 'all are done')
}

/** Each has the address of its own job. */
async function checkResults (t: Test, { db }: Polling): Promise<void> {
  const rows = await db.selectFrom('task_attempts').select(['external_task_id', 'result']).execute()
  t.same(rows.filter(({ external_task_id: id, result }) => !result?.videoUrl?.includes(id!)), [], 'every task has its own result')
}

t.test('a few lists serve 250 polls', async t => {
  const { provider, polling, figures } = await setUp(t, { count: 250, behaviour: RUNNING, env: { POLL_MIN_MS: '60000', POLL_MAX_MS: '60000' } })
  polling.engine.start()
  await until(async () => await polling.sum('polls', 'c') === 250, 'every task was polled')
  t.ok(provider.lists().length <= 5, `${provider.lists().length} lists`)
  t.ok(provider.singles().length <= 2, `${provider.singles().length} single polls, to check the list`)
  t.same([figures().lists, figures().byList], [provider.lists().length, 250 - provider.singles().length])
  t.equal(figures().byState.running, 250)
  t.equal(await polling.sum('failures', 'c'), 0)
})

t.test('tasks end by lists, each with its own result', async t => {
  const { provider, polling, figures } = await setUp(t, { count: 250 })
  polling.engine.start()
  await untilDone(polling, 250)
  await checkResults(t, polling)
  t.ok(provider.lists().length <= 12, `${provider.lists().length} lists`)
  t.ok(provider.singles().length <= 10, `${provider.singles().length} single polls: the first of its kind, checks, what is left over`)
  t.equal(figures().byState.completed, 250)
})

t.test('jobs far down the list are found there', async t => {
  const { provider, polling, store } = await setUp(t, { count: 60 })
  await addJobs(store, 'openai', 1_000, RUNNING)
  polling.engine.start()
  await untilDone(polling, 60)
  await checkResults(t, polling)
  t.ok(provider.lists().length <= 8, `${provider.lists().length} lists, of eleven there are`)
  t.ok(provider.singles().length <= 12, `${provider.singles().length} single polls`)
})

t.test('a job that a list does not show is asked singly, and is not missing', async t => {
  const omitting: Retell = list => ({ ...list, data: list.data.filter((_, index) => index % 2 === 0) })
  const { polling, provider } = await setUp(t, { count: 40, retell: omitting })
  polling.engine.start()
  await untilDone(polling, 40)
  await checkResults(t, polling)
  t.ok(provider.singles().length >= 20, 'the others singly')
  const { count } = await polling.db.selectFrom('task_polls').select(eb => eb.fn.countAll<string>().as('count')).where('missing', '>', 0).executeTakeFirstOrThrow()
  t.equal(Number(count), 0)
})

t.test('an entry that cannot be read spoils no other', async t => {
  const { polling, provider } = await setUp(t, { count: 40, retell: list => ({ ...list, data: [null, { id: '../x' }, ...list.data.map((video, index) => index === 7 ? { id: video.id } : video)] }) })
  polling.engine.start()
  await untilDone(polling, 40)
  await checkResults(t, polling)
  t.ok(provider.singles().length <= 10, `${provider.singles().length} single polls`)
})

t.test('whatever else a list is, the tasks are polled on, and it is left alone for a while', async t => {
  const answers: [string, Answer, { counts: boolean }][] = [
    ['garbage', text('{"data":[}]'), { counts: false }],
    ['HTML', text('<html></html>'), { counts: false }],
    ['nothing of ours', json({ data: [{ id: 'theirs', status: 'queued' }] }), { counts: false }],
    ['401', json({ error: 'no' }, 401), { counts: false }],
    ['404, as of a server without a list', text('Not Found', 404), { counts: false }],
    ['a redirect', text('', 307, { location: '/v1/videos/' }), { counts: false }],
    ['500', text('oh', 500), { counts: true }],
    ['429', json({}, 429, { 'retry-after-ms': '50' }), { counts: true }],
    ['no answer', () => {}, { counts: true }]
  ]
  for (const [name, answer, { counts }] of answers) {
    await t.test(name, async t => {
      const { polling, provider, figures } = await setUp(t, { count: 12, retell: () => answer })
      polling.engine.start()
      await untilDone(polling, 12)
      await checkResults(t, polling)
      t.equal(provider.lists().length, 1)
      t.equal(figures().byState.unavailable ?? 0, counts ? 12 : 0, counts ? 'a sick provider is spared: nobody is asked singly just then' : 'all are asked singly at once')
    })
  }
})

t.test('a list that stays behind is found out', async t => {
  const old: Retell = list => ({ ...list, data: list.data.map(({ id }) => ({ id, status: 'in_progress', progress: 0 })) })
  const { polling, provider } = await setUp(t, { count: 12, retell: old })
  polling.engine.start()
  await untilDone(polling, 12)
  await checkResults(t, polling)
  const asked = provider.lists().length
  t.ok(asked <= 6, `${asked} lists until then`)
})

t.test('a list that is ahead is found out by the first completion', async t => {
  const hasty: Retell = list => ({ ...list, data: list.data.map(video => ({ ...video, status: 'completed', metadata: { url: 'http://127.0.0.1:1/wrong' } })) })
  const { polling, provider } = await setUp(t, { count: 12, behaviour: RUNNING, retell: hasty })
  polling.engine.start()
  await until(async () => await polling.sum('polls', 'c') >= 36, 'all are polled')
  const { count } = await polling.db.selectFrom('tasks').select(eb => eb.fn.countAll<string>().as('count')).where('status', '=', 'PROCESSING').executeTakeFirstOrThrow()
  t.equal(Number(count), 12)
  t.ok(provider.lists().length <= 3)
})

t.test('what a list leaves out is learnt all the same', async t => {
  const terse: Retell = list => ({ ...list, data: list.data.map(({ id, status }) => ({ id, status })) })

  await t.test('progress', async t => {
    const { polling } = await setUp(t, { count: 12, behaviour: { progress: 'linear', durationMs: 20_000 }, retell: terse })
    polling.engine.start()
    await until(async () => (await polling.db.selectFrom('task_polls').select('task_id').where('progress', '>', 10).execute()).length === 12, 'progress goes on')
  })
  await t.test('the address of the video', async t => {
    const { polling } = await setUp(t, { count: 12, retell: terse })
    polling.engine.start()
    await untilDone(polling, 12)
    await checkResults(t, polling)
  })
  await t.test('the reason of a failure', async t => {
    const { polling } = await setUp(t, { count: 12, behaviour: { failAt: 0, queuedMs: 0, error: { code: 'moderation_blocked', message: 'Blocked by our moderation system.' } }, retell: terse })
    polling.engine.start()
    const failed = () => polling.db.selectFrom('tasks').select(['error_code', 'error_detail']).where('status', '=', 'FAILED').execute()
    await until(async () => (await failed()).length === 12, 'all fail')
    t.ok((await failed()).every(task => task.error_code === 'UPSTREAM_MODERATED' && task.error_detail === 'Blocked by our moderation system.'))
  })
})

t.test('credentials of one channel are never mixed', async t => {
  const owners = new Map<string, string>()
  const own: Retell = (list, { headers }) => ({ ...list, data: list.data.filter(({ id }) => `Bearer ${owners.get(id)}` === headers.authorization) })
  const { polling, provider, store } = await setUp(t, { count: 0, retell: own })
  for (const key of ['key-one', 'key-two']) {
    const credentialId = await polling.addCredential('c', key)
    for (const id of await addJobs(store, 'openai', 20, DONE)) {
      owners.set(id, key)
      await polling.addTask('c', id, { credentialId })
    }
  }
  polling.engine.start()
  await untilDone(polling, 40)
  await checkResults(t, polling)
  t.same(new Set(provider.lists().map(({ headers }) => headers.authorization)), new Set(['Bearer key-one', 'Bearer key-two']))
  t.same(provider.singles().filter(({ path, headers }) => `Bearer ${owners.get(path.split('/').at(-1)!)}` !== headers.authorization), [], 'each job is asked after with its own key')
})

t.test('a rate of calls lets many more tasks be polled than there are calls', async t => {
  const { polling, provider } = await setUp(t, { count: 150, behaviour: RUNNING, settings: { pollsPerSecond: 1 }, env: { POLL_MIN_MS: '5000', POLL_MAX_MS: '5000' } })
  const startedAt = performance.now()
  polling.engine.start()
  await until(async () => (await polling.db.selectFrom('task_polls').select('task_id').where('polls', '=', 0).execute()).length <= 10, 'nearly every task was polled')
  const seconds = (performance.now() - startedAt) / 1000
  const calls = provider.lists().length + provider.singles().length
  t.ok(calls <= 1 + seconds, `${calls} calls for 140 tasks and more in ${seconds.toFixed(1)} s`)
})

t.test('few tasks, and providers without a list, are polled singly', async t => {
  const few = await setUp(t, { count: 2 })
  few.polling.engine.start()
  await untilDone(few.polling, 2)
  t.equal(few.provider.lists().length, 0)

  const dialect = await setUp(t, { count: 12, settings: { dialect: 'new-api' } })
  dialect.polling.engine.start()
  await untilDone(dialect.polling, 12)
  t.equal(dialect.provider.lists().length, 0)
})

t.test('a stop while a list hangs gives its polls back', async t => {
  const { polling, provider } = await setUp(t, { count: 12, behaviour: RUNNING, retell: () => () => {} })
  polling.engine.start()
  await until(() => provider.lists().length > 0, 'the list is asked for')
  await polling.engine.stop()
  t.equal(polling.engine.inHand, 0)
  const held = await polling.db.selectFrom('task_polls').select('task_id').where('lease_until', 'is not', null).execute()
  t.same(held, [])
})

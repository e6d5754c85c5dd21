import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { startServerProcess } from '../support/server-process.ts'

const QUICK = { SUBMIT_TIMEOUT_MS: '400' }
const LONG_MS = 600_000

/** A channel whose provider has a list and takes cancels. */
async function start (t: Test, env: NodeJS.ProcessEnv = {}) {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: LONG_MS })
  const server = await startApp(t, { ...upstream.env, ...QUICK, ...env })
  await server.db.updateTable('channels').set({ settings: JSON.stringify({ cancel: true }) }).where('name', '=', 'env').execute()
  return { upstream, server }
}

async function cancel ({ admin }: TestApp, videoId: string) {
  return (await admin.post(`/api/video/tasks/${videoId}/cancel`)).json().data
}

t.test('a task that is cancelled while in doubt ends cancelled when its provider knows nothing of it', async t => {
  const { upstream, server } = await start(t)
  upstream.behave('create', { create: { answer: 'drop' } }, 1)
  const { videoId } = await server.admin.createTask({ prompt: 'never arrived', model: 'sora-2' })
  t.match(await cancel(server, videoId), { outcome: 'requested', task: { status: 'QUEUED', stage: 'confirming' } })

  t.match(await server.waitForTask(videoId, 'CANCELLED'), { attempt: 1, error_code: null, external_task_id: null })
  t.equal(upstream.requests().create, 1, 'nothing was sent anew')
  const attempts = await server.db.selectFrom('task_attempts').select('state').where('task_id', '=', videoId).execute()
  t.same(attempts, [{ state: 'cancelled' }])
})

t.test('a task that is cancelled while in doubt is cancelled at its provider once it is found there', async t => {
  const { upstream, server } = await start(t)
  upstream.behave('create', { create: { answer: 'drop', accepted: true } }, 1)
  upstream.behave('list', { list: { answer: 500 } })
  const { videoId } = await server.admin.createTask({ prompt: 'arrived', model: 'sora-2' })
  t.match(await cancel(server, videoId), { outcome: 'requested' })
  upstream.forgetBehaviours()

  const task = await server.waitForTask(videoId, 'CANCELLED')
  const [job] = await upstream.ledger()
  t.equal(task.external_task_id, job!.id, 'its external id stays known')
  t.equal(upstream.requests().cancel, 1)
})

t.test('a cancel that came while its task was being sent is carried out although the sender ends as soon as it is accepted', async t => {
  const { upstream, server } = await start(t, { SUBMIT_TIMEOUT_MS: '20000' })
  const env = { ...upstream.env, SUBMIT_TIMEOUT_MS: '20000', DATABASE_URL: server.databaseUrl, DATA_DIR: server.app.config.DATA_DIR }
  const sender = await startServerProcess(t, { ...env, FAILPOINT: 'submit.after-record' })
  upstream.behave('create', { create: { latencyMs: 1_500 } }, 1)
  const request = fetch(`${sender.url}/api/video/tasks`, { method: 'POST', headers: { authorization: server.admin.authorization, 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'promised', model: 'sora-2' }) })
  request.catch(() => {})
  const find = () => server.db.selectFrom('task_attempts').select('task_id').where('state', '=', 'sending').executeTakeFirst()
  await until(async () => await find() !== undefined, 'sent')
  const { task_id: videoId } = (await find())!
  t.match(await cancel(server, videoId), { outcome: 'requested' })

  t.equal((await sender.exited)[1], 'SIGKILL')
  t.equal(upstream.requests().cancel, undefined, 'the provider was not told')
  await server.waitForTask(videoId, 'CANCELLED')
  t.equal(upstream.requests().cancel, 1)
})

t.test('a cancel whose answer was lost is asked again while its task goes on', async t => {
  const { upstream, server } = await start(t)
  const { videoId } = await server.admin.createTask({ prompt: 'not heard', model: 'sora-2' })
  upstream.behave('cancel', { cancel: { answer: 503 } }, 1)
  t.match(await cancel(server, videoId), { outcome: 'requested' })
  await server.waitForTask(videoId, 'CANCELLED')
  t.equal(upstream.requests().cancel, 2)
  const { count } = await server.db.selectFrom(sql<{ id: string }>`pgboss.job`.as('job')).select(eb => eb.fn.countAll<string>().as('count')).where(sql<boolean>`name = 'confirm-task' and state = 'created'`).executeTakeFirstOrThrow()
  t.equal(count, '0', 'and then no more')
})

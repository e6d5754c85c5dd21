import t, { type Test } from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const QUICK = { SUBMIT_TIMEOUT_MS: '400' }
const LONG_MS = 600_000

/** A channel whose provider has a list and takes cancels. */
async function start (t: Test) {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: LONG_MS })
  const server = await startApp(t, { ...upstream.env, ...QUICK })
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

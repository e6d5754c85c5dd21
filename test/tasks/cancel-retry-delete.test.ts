import t from 'tap'
import { startApp } from '../support/app.ts'
import { png } from '../support/images.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const tasks = '/api/video/tasks'
const LONG_MS = 600_000

t.test('a task that was not sent is cancelled and never sent', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  upstream.behave('create', { create: { answer: 429, retryAfter: 60 } }, 1)
  const { videoId } = await server.admin.createTask({ prompt: 'not yet' })

  const cancelled = await server.admin.post(`${tasks}/${videoId}/cancel`)
  t.equal(cancelled.statusCode, 200)
  t.match(cancelled.json().data, { outcome: 'cancelled', task: { status: 'CANCELLED', stage: 'cancelled', externalTaskId: null } })
  t.equal((await upstream.ledger()).length, 0)
  t.match((await server.admin.post(`${tasks}/${videoId}/cancel`)).json().data.outcome, 'cancelled', 'twice is the same')
})

t.test('a running task is cancelled by an adapter that can, and stays when it cannot', async t => {
  const openai = await startSandboxUpstream(t, { type: 'openai', durationMs: LONG_MS })
  const server = await startApp(t, openai.env)
  await server.db.updateTable('channels').set({ settings: JSON.stringify({ cancel: true }) }).where('name', '=', 'env').execute()
  const { videoId } = await server.admin.createTask({ model: 'sora-2' })

  const { outcome, task } = (await server.admin.post(`${tasks}/${videoId}/cancel`)).json().data
  t.ok(['cancelled', 'requested'].includes(outcome))
  t.type(task.externalTaskId, 'string', 'its external id stays known')
  await server.waitForTask(videoId, 'CANCELLED')
  t.equal((await server.db.selectFrom('task_polls').select('next_poll_at').where('task_id', '=', videoId).executeTakeFirstOrThrow()).next_poll_at, null, 'nothing is polled any more')

  const relay = await startSandboxUpstream(t, { durationMs: LONG_MS })
  const other = await startApp(t, relay.env)
  const running = await other.admin.createTask()
  t.match((await other.admin.post(`${tasks}/${running.videoId}/cancel`)).json().data, { outcome: 'unsupported', task: { status: 'PROCESSING' } })
  const refused = await other.admin.inject({ method: 'DELETE', url: `${tasks}/${running.videoId}` })
  t.equal(refused.statusCode, 409)
  t.equal(refused.json().code, 'TASK_STATE_CONFLICT')
})

t.test('a finished task is too late to cancel', async t => {
  const server = await startApp(t)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')
  t.match((await server.admin.post(`${tasks}/${videoId}/cancel`)).json().data, { outcome: 'tooLate', task: { status: 'COMPLETED' } })
})

t.test('a retry is a new attempt of the same task, with its image and its lineage', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const source = await server.admin.createTask()
  await server.waitForTask(source.videoId, 'COMPLETED')
  upstream.behave('poll', { failAt: 0 }, 1)
  upstream.behave('create', { failAt: 10 }, 2)
  const remixed = await server.admin.post(`${tasks}/${source.videoId}/remix`, { prompt: 'again', inputReference: `data:image/png;base64,${png(8, 8).toString('base64')}` })
  const { videoId, externalTaskId } = remixed.json().data
  await server.waitForTask(videoId, 'FAILED')
  upstream.forgetBehaviours()

  const retried = await server.admin.post(`${tasks}/${videoId}/retry`)
  t.equal(retried.statusCode, 201, retried.body)
  t.match(retried.json().data, { videoId, status: 'processing' })
  t.not(retried.json().data.externalTaskId, externalTaskId)
  const task = await server.waitForTask(videoId, 'COMPLETED')
  t.match(task, { attempt: 2, type: 'remix', remix_from: source.videoId, error_code: null, progress: 100 })
  const [, first, second] = await upstream.ledger()
  const { token: _first, ...firstRequest } = first!.request
  const { token: _second, ...secondRequest } = second!.request
  t.same(secondRequest, firstRequest, 'the same request, image included')
  t.equal(second!.source_id, source.externalTaskId)

  const again = await server.admin.post(`${tasks}/${videoId}/retry`)
  t.equal(again.statusCode, 409, 'a finished task is not retried')
})

t.test('of several retries at once one makes an attempt', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  upstream.behave('create', { failAt: 10 }, 1)
  const { videoId } = await server.admin.createTask({ prompt: 'tried again', inputReference: `data:image/png;base64,${png(720, 1280).toString('base64')}` })
  await server.waitForTask(videoId, 'FAILED')

  const answers = await Promise.all(Array.from({ length: 5 }, () => server.admin.post(`${tasks}/${videoId}/retry`, { acceptDuplicateRisk: true })))
  t.same(answers.map(answer => answer.statusCode).sort(), [201, 409, 409, 409, 409])
  t.match(answers.find(answer => answer.statusCode === 409)!.json(), { code: 'TASK_STATE_CONFLICT' })
  const { external_task_id: externalTaskId } = await server.waitForTask(videoId, 'COMPLETED')
  const [first, second, ...more] = await upstream.ledger()
  t.same(more, [], 'paid once more')

  const rows = (table: 'task_attempts' | 'task_polls' | 'assets' | 'task_events') => server.db.selectFrom(table).selectAll().where('task_id', '=', videoId)
  t.match(await rows('task_attempts').orderBy('attempt' as never).execute(), [
    { attempt: 1, state: 'accepted', external_task_id: first!.id },
    { attempt: 2, state: 'accepted', external_task_id: second!.id }
  ])
  t.equal(externalTaskId, second!.id)
  t.match(await rows('task_polls').orderBy('attempt' as never).execute(), [{ attempt: 1, next_poll_at: null }, { attempt: 2, next_poll_at: null }], 'nothing is polled any more')
  t.same((await rows('assets').where('kind' as never, 'in', ['input', 'video'] as never).orderBy('kind' as never).execute()).map(asset => 'kind' in asset && asset.kind), ['input', 'video'], 'the image is kept once')
  t.same((await rows('task_events').orderBy('id').execute()).map(event => 'status' in event && event.status), ['QUEUED', 'PROCESSING', 'FAILED', 'QUEUED', 'PROCESSING', 'COMPLETED'])
  const jobs = server.db.selectFrom('pgboss.job' as never).select('name' as never).where('data' as never, '@>', JSON.stringify({ taskId: videoId }) as never).where('name' as never, '<>', 'make-previews' as never)
  t.same(await jobs.where('state' as never, 'in', ['created', 'retry'] as never).execute(), [], 'no job waits')
})

t.test('a deleted task leaves a tombstone that its remixes still show', async t => {
  const server = await startApp(t)
  const source = await server.admin.createTask({ prompt: 'secret words', metadata: { mine: 1 } })
  await server.waitForTask(source.videoId, 'COMPLETED')
  const { videoId } = (await server.admin.post(`${tasks}/${source.videoId}/remix`, { prompt: 'child' })).json().data
  await server.waitForTask(videoId, 'COMPLETED')

  const deleted = await server.admin.inject({ method: 'DELETE', url: `${tasks}/${source.videoId}` })
  t.equal(deleted.statusCode, 200)
  t.equal((await server.admin.get(`${tasks}/${source.videoId}`)).statusCode, 404)
  t.equal((await server.admin.inject({ method: 'DELETE', url: `${tasks}/${source.videoId}` })).statusCode, 404)
  const row = await server.db.selectFrom('tasks').selectAll().where('id', '=', source.videoId).executeTakeFirstOrThrow()
  t.match(row, { prompt: '', metadata: {}, external_task_id: source.externalTaskId })

  const { nodes, rootId } = (await server.admin.get(`${tasks}/${videoId}/lineage`)).json().data
  t.equal(rootId, source.videoId)
  t.match(nodes[0], { videoId: source.videoId, deleted: true, prompt: '' })
  t.equal((await server.admin.get(`${tasks}/${videoId}`)).json().data.remixedFrom, source.videoId)
})

t.test('what the provider said of a task is deleted with it: it may quote the prompt', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask({ prompt: 'x [[sandbox: failAt=40, error=a-secret-word]]' })
  await server.waitForTask(videoId, 'FAILED')
  const said = async () => {
    const events = await server.db.selectFrom('task_events').selectAll().where('task_id', '=', videoId).execute()
    const attempts = await server.db.selectFrom('task_attempts').selectAll().where('task_id', '=', videoId).execute()
    return JSON.stringify([events, attempts]).includes('a-secret-word')
  }
  t.equal(await said(), true)
  t.equal((await server.admin.inject({ method: 'DELETE', url: `${tasks}/${videoId}` })).statusCode, 200)
  t.equal(await said(), false)
})

t.test('nobody cancels, retries or deletes another user\'s task', async t => {
  const server = await startApp(t)
  const stranger = await server.login()
  const { videoId } = await server.admin.createTask()
  for (const [method, path] of [['POST', '/cancel'], ['POST', '/retry'], ['DELETE', '']] as const) {
    const response = await stranger.inject({ method, url: `${tasks}/${videoId}${path}` })
    t.equal(response.statusCode, 404, `${method} ${path}`)
    t.equal(response.json().code, 'TASK_NOT_FOUND')
  }
})

import t from 'tap'
import { startApp } from '../support/app.ts'
import { addChannel } from '../support/channels.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

t.test('of two channels one dies and comes back: new tasks go to the other, running ones wait for theirs, nothing is paid for twice', async t => {
  const dying = await startSandboxUpstream(t, { durationMs: 2_000 })
  const other = await startSandboxUpstream(t)
  const server = await startApp(t, { POLL_MAX_MS: '200' })
  const ids = { dying: await addChannel(server, dying, { priority: 1 }), other: await addChannel(server, other) }
  const breaker = async () => (await server.admin.get(`/api/channels/${ids.dying}/health`)).json().data.thisProcess.breaker
  const until = async (state: string) => { while (await breaker() !== state) await new Promise(resolve => setTimeout(resolve, 100)) }

  const running = []
  for (let at = 0; at < 5; at++) running.push(await server.admin.createTask({ prompt: `running ${at}` }))
  await dying.die()
  const later = []
  for (let at = 0; at < 5; at++) later.push(await server.admin.createTask({ prompt: `later ${at}` }))
  t.same(later.map(({ status }) => status), Array(5).fill('processing'))
  for (const { videoId } of later) t.match(await server.waitForTask(videoId, 'COMPLETED'), { channel_id: ids.other })
  await until('open')
  t.match((await server.admin.post(`/api/channels/${ids.dying}/test`)).json().data, { ok: false, error: { class: 'unavailable' } })
  t.match((await server.admin.get(`/api/channels/${ids.dying}/health`)).json().data, { tasks: { running: 5 } })

  await dying.rise()
  for (const { videoId } of running) t.match(await server.waitForTask(videoId, 'COMPLETED'), { channel_id: ids.dying, attempt: 1 })
  await until('closed')
  t.match((await server.admin.post(`/api/channels/${ids.dying}/test`)).json().data, { ok: true, error: null })
  const { videoId } = await server.admin.createTask({ prompt: 'back' })
  t.match(await server.waitForTask(videoId, 'COMPLETED'), { channel_id: ids.dying, attempt: 1 })

  const prompts = async (upstream: typeof dying) => (await upstream.ledger()).map(job => job.prompt).sort()
  t.same(await prompts(dying), ['back', ...running.map((_, at) => `running ${at}`)])
  t.same(await prompts(other), later.map((_, at) => `later ${at}`))
  t.match((await server.admin.get(`/api/channels/${ids.dying}/health`)).json().data, { successRate: 1, results: { completed: 6, failed: 0 }, lastError: { code: 'CHANNEL_UNAVAILABLE' } })
})

import t from 'tap'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, prepare, waitForAll } from './restarts.ts'

t.test('SIGTERM: a submission that hangs is given up in time, and cleared up by the next process', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: 200 })
  const { db, databaseUrl, start } = await prepare(t, upstream, { SUBMIT_TIMEOUT_MS: '60000', SUBMIT_WAIT_MS: '60000' })
  const first = await start()
  upstream.behave('create', { create: { latencyMs: 60_000, accepted: true } }, 1)
  const receipt = first.api.data('POST', '/api/video/tasks', { prompt: 'hangs', model: 'sora-2' })
  await upstream.untilPaid(1)
  const startedAt = performance.now()
  t.equal(await first.end('SIGTERM'), 0)
  t.ok(performance.now() - startedAt < 15_000)
  const { videoId, ...doubt } = await receipt
  t.match(doubt, { status: 'queued', externalTaskId: null }, 'the doubt is no error')

  await start()
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream, [videoId])
})

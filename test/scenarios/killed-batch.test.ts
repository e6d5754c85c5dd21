import t from 'tap'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, COUNT, prepare, waitForAll } from './restarts.ts'

t.test('killed right after a batch was taken: every task of it is made, and paid once', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: 200 })
  const { db, databaseUrl, start } = await prepare(t, upstream, { SUBMIT_TIMEOUT_MS: '1000' })
  const first = await start()
  upstream.behave('create', { create: { latencyMs: 300, accepted: true } })
  const body = { items: Array.from({ length: COUNT }, (_, i) => ({ prompt: `task ${i}` })), clientRequestId: 'the batch' }
  const receipt = await first.api.data('POST', '/api/video/batches', body)
  t.equal(receipt.accepted, COUNT)
  await first.end('SIGKILL')
  upstream.forgetBehaviours()

  const second = await start()
  t.same(await second.api.data('POST', '/api/video/batches', body), receipt, 'a repeat gets the same answer')
  const tasks = await waitForAll(t, db, databaseUrl)
  t.equal(tasks.length, COUNT)
  await checkOutcome(t, tasks, upstream, receipt.items.map(({ videoId }: { videoId: string }) => videoId))
})

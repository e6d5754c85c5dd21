import t from 'tap'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { startSilencingProxy } from '../support/silencing-proxy.ts'
import { checkOutcome, prepare, submitAll, waitForAll } from './restarts.ts'

t.setTimeout(240_000)

t.test('SIGTERM while Postgres does not answer: the process ends by itself and in time, and the next one goes on', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 500 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  const proxy = await startSilencingProxy(t, databaseUrl)
  const first = await start({ DATABASE_URL: proxy.url })
  // Polls, streams, long polls and requests are in hand.
  upstream.behave('poll', { poll: { answer: 'hang' } }, 5)
  const acknowledged = await submitAll(first.api, 'sora_video2')
  const stream = first.api.events('/api/sse/task-updates')
  await stream.next()
  const cursor = (await first.api.data('GET', '/api/sse/task-updates?wait=0')).lastEventId
  const waiting = Promise.allSettled([first.api.request('GET', `/api/sse/task-updates?wait=30&lastEventId=${cursor}`)])
  proxy.silence()
  const asking = Promise.allSettled([first.api.request('GET', '/api/video/tasks'), first.api.request('POST', '/api/video/tasks', { prompt: 'too late' })])
  const startedAt = performance.now()
  t.equal(await first.end('SIGTERM'), 0)
  const tookMs = performance.now() - startedAt
  t.ok(tookMs < 15_000, `it took ${Math.round(tookMs)} ms`)
  await Promise.all([waiting, asking, stream.return(undefined)])

  upstream.forgetBehaviours()
  await start()
  await checkOutcome(t, await waitForAll(t, db, databaseUrl), upstream, acknowledged)
})

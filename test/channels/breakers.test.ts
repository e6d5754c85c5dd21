import t from 'tap'
import { startSandbox } from '../../server/sandbox/server.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { addJobs } from '../support/sandbox-jobs.ts'
import { setUpPolling, until } from '../support/polling.ts'
import { json, startScriptedServer } from '../support/scripted-server.ts'

const { signal } = new AbortController()
const SUBMISSION = { reference: 'r', prompt: 'a cat', model: 'sora-2', parameters: {} }

t.test('a dead upstream is left alone, harms no other, and is found again when it is back', async t => {
  const store = createMemoryStore()
  const sandbox = await startSandbox({ store, durationMs: 600_000 })
  t.teardown(() => sandbox.close())
  const polling = await setUpPolling(t)
  const dead = await startScriptedServer(t, json({ error: 'overloaded' }, 503))
  await polling.addChannel('dead', { url: dead.url, settings: { pollConcurrency: 2 } })
  await polling.addChannel('lively', { url: sandbox.url })
  for (let i = 0; i < 40; i++) await polling.addTask('dead', `dead-${i}`)
  for (const id of await addJobs(store, 'sora-relay', 5)) await polling.addTask('lively', id)

  polling.engine.start()
  await until(() => polling.upstreams.breakerStates().dead === 'open', 'the breaker opens')
  const asked = dead.requests.length
  t.ok(asked >= 10 && asked <= 12, `${asked} requests until it opened`)
  await until(async () => await polling.sum('polls', 'lively') > 30, 'the other channel is polled')
  t.equal(dead.requests.length, asked, 'not one more request')
  t.ok(await polling.sum('failures', 'dead') <= asked, 'polls put off are no failures')
  t.equal(polling.upstreams.breakerStates().lively, 'closed')

  dead.answer = json({ status: 'in_progress', progress: 10 })
  await until(() => polling.upstreams.breakerStates().dead === 'closed', 'the breaker closes')
  t.equal(polling.upstreams.pauseMs('dead'), 0)
})

t.test('behind an open breaker nothing is submitted', async t => {
  const polling = await setUpPolling(t)
  const dead = await startScriptedServer(t, json({ error: 'overloaded' }, 503))
  await polling.addChannel('dead', { url: dead.url })
  const { id: credentialId } = await polling.db.selectFrom('channel_credentials').select('id').executeTakeFirstOrThrow()
  const upstream = await polling.upstreams.forAttempt({ channel_id: 'dead', credential_id: credentialId })
  for (let i = 0; i < 10; i++) t.match(await upstream.poll({ externalTaskId: 'x' }, signal), { state: 'unavailable' })

  t.match(await upstream.create(SUBMISSION, signal), { outcome: 'unsent', failure: { class: 'unavailable' } })
  await t.rejects(upstream.poll({ externalTaskId: 'x' }, signal), { name: 'BreakerOpenError' })
  t.equal(dead.requests.length, 10)
})

t.test('the upstream\'s own words do not open it', async t => {
  const polling = await setUpPolling(t)
  const upstreamServer = await startScriptedServer(t, json({ error: 'slow down' }, 429))
  await polling.addChannel('busy', { url: upstreamServer.url })
  const { id: credentialId } = await polling.db.selectFrom('channel_credentials').select('id').executeTakeFirstOrThrow()
  const upstream = await polling.upstreams.forAttempt({ channel_id: 'busy', credential_id: credentialId })
  for (const status of [429, 401, 404]) {
    upstreamServer.answer = json({ error: 'no' }, status)
    for (let i = 0; i < 12; i++) await upstream.poll({ externalTaskId: 'x' }, signal)
  }
  t.equal(upstreamServer.requests.length, 36)
  t.same(polling.upstreams.breakerStates(), { busy: 'closed' })
})

t.test('when an upstream is tried again polls go first: a submission that probes may be paid for without an answer', async t => {
  const polling = await setUpPolling(t)
  const upstreamServer = await startScriptedServer(t, json({ error: 'overloaded' }, 503))
  await polling.addChannel('dead', { url: upstreamServer.url })
  const { id: credentialId } = await polling.db.selectFrom('channel_credentials').select('id').executeTakeFirstOrThrow()
  const upstream = await polling.upstreams.forAttempt({ channel_id: 'dead', credential_id: credentialId })
  for (let i = 0; i < 10; i++) await upstream.poll({ externalTaskId: 'x' }, signal)

  await until(() => polling.upstreams.pauseMs('dead') === 0, 'polls may go through again')
  t.match(await upstream.create(SUBMISSION, signal), { outcome: 'unsent' })
  t.equal(upstreamServer.requests.length, 10, 'not sent')
  await upstream.poll({ externalTaskId: 'x' }, signal)
  t.equal(upstreamServer.requests.length, 11, 'the probe was a poll')
  t.equal(polling.upstreams.breakerStates().dead, 'open')

  upstreamServer.answer = json({ id: 'made', status: 'queued' })
  await until(async () => (await upstream.create(SUBMISSION, signal)).outcome === 'accepted', 'with nothing to poll a submission probes itself')
  t.equal(polling.upstreams.breakerStates().dead, 'closed')
})

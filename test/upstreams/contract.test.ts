import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BASE_PATHS } from '../../server/sandbox/routes.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startSandbox } from '../../server/sandbox/server.ts'
import type { Behaviour } from '../../server/sandbox/behaviour.ts'
import { ADAPTER_TYPES, createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { PollResult, Upstream, UpstreamJob } from '../../server/upstreams/upstream.ts'
import { drop, startScriptedServer, text, json } from '../support/scripted-server.ts'
import { CONTRACTS, requestFor, type Contract } from '../support/upstream-contract.ts'

const KEY = 'sk-contract-key'
const signal = new AbortController().signal

async function build (t: Test, contract: Contract, { behaviour = {}, key = KEY }: { behaviour?: Behaviour, key?: string } = {}) {
  const store = createMemoryStore()
  const sandbox = await startSandbox({ store, durationMs: 0, apiKey: KEY, behaviour: { ...contract.behaviour, ...behaviour }, control: true })
  t.teardown(() => sandbox.close())
  const upstream = connect(t, contract, sandbox.url + BASE_PATHS[contract.type], key)
  return { upstream, sandbox, ledger: () => store.ledger() }
}

function connect (t: Test, { type, settings = {} }: Contract, baseUrl: string, apiKey = KEY): Upstream {
  const egress = createEgress()
  t.teardown(() => egress.close())
  return createUpstream(type, { channelId: 'c', baseUrl, apiKey, settings }, egress)
}

async function accepted (upstream: Upstream, { model }: Contract, prompt: string): Promise<UpstreamJob> {
  const outcome = await upstream.create(requestFor(model, prompt), signal)
  if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome))
  // As the database gives it back.
  return JSON.parse(JSON.stringify({ externalTaskId: outcome.externalTaskId, handle: outcome.handle }))
}

async function untilOver (upstream: Upstream, job: UpstreamJob): Promise<PollResult> {
  for (;;) {
    const polled = await upstream.poll(job, signal)
    if (polled.state !== 'running') return polled
    await sleep(20)
  }
}

async function bytesOf (t: Test, upstream: Upstream, job: UpstreamJob): Promise<Buffer> {
  const egress = createEgress()
  t.teardown(() => egress.close())
  const { url, headers, policy } = upstream.content(job, 'video')!
  const { status, body } = await egress.request({ method: 'GET', url, headers, policy, signal, maxBytes: 10_000_000 })
  t.equal(status, 200)
  return body
}

t.test('every adapter is held to the contract', async t => {
  t.same([...new Set(CONTRACTS.map(({ type }) => type))].toSorted(), [...ADAPTER_TYPES].toSorted())
})

for (const contract of CONTRACTS) {
  t.test(`${contract.type} ${contract.settings?.dialect ?? ''}`, async t => {
    t.test('a video is made, polled to its end and fetched', async t => {
      const { upstream, ledger } = await build(t, contract)
      const job = await accepted(upstream, contract, '一只小猫')
      const polled = await untilOver(upstream, job)
      t.equal(polled.state, 'completed')
      const bytes = await bytesOf(t, upstream, { ...job, ...polled.state === 'completed' && { result: polled.result } })
      t.equal(bytes.toString('latin1', 4, 8), 'ftyp')
      t.match(await ledger(), [{ id: job.externalTaskId, prompt: '一只小猫', model: contract.model }])
    })

    t.test('a video waits first, then runs', async t => {
      const { upstream } = await build(t, contract, { behaviour: { durationMs: 3_600_000, queuedMs: 3_600_000 } })
      t.match(await upstream.poll(await accepted(upstream, contract, 'a cat'), signal), { state: 'running', stage: contract.waits === false ? 'generating' : 'waiting' })

      const later = await build(t, contract, { behaviour: { durationMs: 3_600_000, queuedMs: 0 } })
      const running = await later.upstream.poll(await accepted(later.upstream, contract, 'a cat'), signal)
      t.match(running, { state: 'running' })
      t.equal(running.state === 'running' && running.progress !== undefined, contract.progress)
    })

    t.test('a failed video says why', async t => {
      const { upstream } = await build(t, contract)
      const failed = await untilOver(upstream, await accepted(upstream, contract, '[[fail]]'))
      t.match(failed, { state: 'failed', failure: { message: 'The video could not be generated.', code: /\w/ } })
      t.not(failed.state === 'failed' && failed.failure.class, 'moderation')
      t.match(await untilOver(upstream, await accepted(upstream, contract, '[[moderated]]')), { state: 'failed', failure: { class: 'moderation', message: /moderation/ } })
    })

    t.test('a video without an address is completed and has no content of its own', async t => {
      const { upstream } = await build(t, contract)
      const polled = await untilOver(upstream, await accepted(upstream, contract, '[[no-url]]'))
      t.match(polled, { state: 'completed' })
      if (polled.state === 'completed') t.notOk(polled.result.videoUrl)
    })

    t.test('a cancel comes to what the protocol can do', async t => {
      for (const phase of ['waiting', 'running'] as const) {
        const { upstream } = await build(t, contract, { behaviour: { durationMs: 3_600_000, queuedMs: phase === 'waiting' ? 3_600_000 : 0 } })
        if (contract.cancel === 'unsupported') return t.notOk(upstream.cancel)
        const job = await accepted(upstream, contract, 'a cat')
        const result = await upstream.cancel!(job, signal)
        t.equal(result, contract.cancel[phase], phase)
        if (result === 'requested') t.match(await upstream.poll(job, signal), { state: 'cancelled' })
      }
    })

    t.test('a finished video is not cancelled, and is still there afterwards', async t => {
      const { upstream } = await build(t, contract)
      if (!upstream.cancel) return
      const job = await accepted(upstream, contract, 'a cat')
      await untilOver(upstream, job)
      t.equal(await upstream.cancel(job, signal), 'tooLate')
      t.match(await upstream.poll(job, signal), { state: 'completed' })
    })

    t.test('a remix is made from its source, or refused and not sent', async t => {
      const { upstream, ledger } = await build(t, contract)
      const job = await accepted(upstream, contract, 'source')
      const polled = await untilOver(upstream, job)
      const source = { ...job, ...polled.state === 'completed' && { result: polled.result } }
      if (!upstream.remix) return t.equal(upstream.capabilities.remix, false)

      t.match(await upstream.remix(source, requestFor(contract.remixModel ?? contract.model, 'remixed'), signal), { outcome: 'accepted' })
      t.match((await ledger())[1], { prompt: 'remixed', source_id: source.externalTaskId })
      const { derivations } = upstream.capabilities.models[contract.model]!
      if (derivations?.includes('remix') ?? true) return
      t.match(await upstream.remix(source, requestFor(contract.model, 'not this'), signal), { outcome: 'refused', failure: { class: 'invalid_input' } })
      t.equal((await ledger()).length, 2)
    })

    t.test('what a model cannot be is refused unsent', async t => {
      const { upstream, ledger } = await build(t, contract)
      for (const model of ['nope', '__proto__', 'constructor', '../secret']) {
        t.match(await upstream.create(requestFor(model, 'a cat'), signal), { outcome: 'refused', failure: { class: 'invalid_input' } })
      }
      t.same(await ledger(), [])
    })

    t.test('a wrong key is an auth refusal, and shows nowhere', async t => {
      const { upstream } = await build(t, contract, { key: 'sk-wrong-key' })
      const refused = await upstream.create(requestFor(contract.model, 'a cat'), signal)
      t.match(refused, { outcome: 'refused', failure: { class: 'auth', httpStatus: 401 } })
      t.notMatch(JSON.stringify(refused), /sk-wrong-key/)
    })

    t.test('a check proves address and key, and makes nothing', async t => {
      const { upstream, sandbox, ledger } = await build(t, contract)
      const check = upstream.check?.bind(upstream)
      if (!check) return t.ok(upstream.list, 'its list serves for that')
      t.same(await check(signal), { ok: true })
      const wrong = connect(t, contract, sandbox.url + BASE_PATHS[contract.type], 'sk-wrong-key')
      t.match(await wrong.check!(signal), { ok: false, failure: { class: 'auth' } })
      t.same(await ledger(), [])
    })

    t.test('limits, quotas and refusals of a submission are told apart', async t => {
      const { upstream, ledger } = await build(t, contract)
      const refused = (marker: string) => upstream.create(requestFor(contract.model, `[[sandbox: ${marker}]]`), signal)
      t.match(await refused('create=429, create.retryAfter=7'), { outcome: 'refused', failure: { class: 'rate_limit', retryAfterMs: 7_000 } })
      t.match(await refused('create=400'), { outcome: 'refused', failure: { class: 'invalid_input' } })
      t.match(await refused('create=402'), { outcome: 'refused', failure: { class: 'quota' } })
      t.match(await refused('create=400, create.code=content_policy_violation, create.message=against our content policy'), { outcome: 'refused', failure: { class: 'moderation' } })
      t.same(await ledger(), [])
    })

    t.test('what may have been made is unknown, never refused', async t => {
      const { upstream, ledger } = await build(t, contract)
      for (const answer of ['500', '503', 'drop', 'reset', 'html', 'empty', 'garbage', 'truncated', 'cut']) {
        t.match(await upstream.create(requestFor(contract.model, `[[sandbox: create=${answer}, create.accepted=true]] ${answer}`), signal), { outcome: 'unknown' }, answer)
      }
      t.equal((await ledger()).length, 9)
      t.equal(upstream.capabilities.createSafety, contract.createSafety)
    })

    t.test('a submission that hangs is given up as unknown', async t => {
      const { upstream } = await build(t, contract)
      const outcome = await upstream.create(requestFor(contract.model, '[[hang]]'), AbortSignal.timeout(200))
      t.match(outcome, { outcome: 'unknown', failure: { class: 'unavailable' } })
    })

    t.test('an upstream that is not there was sent nothing', async t => {
      const { upstream, sandbox } = await build(t, contract)
      await sandbox.close()
      t.match(await upstream.create(requestFor(contract.model, 'a cat'), signal), { outcome: 'unsent' })
    })

    t.test('nothing that goes wrong with a poll says anything of the video', async t => {
      const { upstream, sandbox } = await build(t, contract)
      const job = await accepted(upstream, contract, 'a cat')
      const answers: Behaviour['poll'][] = [401, 403, 429, 500, 503, 'html', 'empty', 'garbage', 'truncated', 'cut', 'drop', 'reset', 'redirect'].map(answer => ({ answer } as never))
      for (const poll of answers) {
        sandbox.control.behave({ operation: 'poll', behaviour: { poll }, times: 1 })
        t.match(await upstream.poll(job, signal), { state: 'unavailable' }, String(poll!.answer))
      }
      sandbox.control.behave({ operation: 'poll', behaviour: { poll: { answer: 429, retryAfter: 3 } }, times: 1 })
      t.match(await upstream.poll(job, signal), { state: 'unavailable', failure: { class: 'rate_limit', retryAfterMs: 3_000 } })
      sandbox.control.behave({ operation: 'poll', behaviour: { poll: { answer: 404 } }, times: 1 })
      t.match(await upstream.poll(job, signal), { state: 'missing', failure: { class: 'lost' } })
      t.match(await upstream.poll(job, signal), { state: 'completed' }, 'and afterwards it is as it was')
    })

    t.test('a wrong content type does not matter, a hanging poll ends with its caller', async t => {
      const { upstream, sandbox } = await build(t, contract)
      const job = await accepted(upstream, contract, 'a cat')
      sandbox.control.behave({ operation: 'poll', behaviour: { poll: { answer: 'wrong-type' } }, times: 1 })
      t.match(await upstream.poll(job, signal), { state: 'completed' })
      sandbox.control.behave({ operation: 'poll', behaviour: { poll: { answer: 'hang' } }, times: 1 })
      await t.rejects(upstream.poll(job, AbortSignal.timeout(200)))
    })

    t.test('the key goes to no other origin', async t => {
      const stranger = await startScriptedServer(t, json({}))
      const { upstream, sandbox } = await build(t, contract, { behaviour: { extraKeys: strangeAddresses(stranger.url) } })
      const job = await accepted(upstream, contract, 'a cat')
      const polled = await upstream.poll(job, signal)
      await upstream.cancel?.(job, signal).catch(() => {})
      const location = upstream.content({ ...job, result: { videoUrl: `${stranger.url}/video.mp4` } }, 'video')
      t.same(location?.headers, {})
      t.notMatch(JSON.stringify([job, polled]), new RegExp(KEY))
      sandbox.control.behave({ operation: '*', behaviour: { poll: { answer: 'redirect', location: stranger.url }, create: { answer: 'redirect', location: stranger.url } } })
      await upstream.poll(job, signal)
      await upstream.create(requestFor(contract.model, 'a cat'), signal)
      t.same(stranger.requests, [])
    })

    t.test('a server of another kind is understood by nobody as success', async t => {
      const server = await startScriptedServer(t, text('<h1>Welcome to nginx</h1>', 200, { 'content-type': 'text/html' }))
      const upstream = connect(t, contract, server.url)
      for (const answer of [server.answer, json([]), json({}), json({ status: 'ok' }), json(null), drop()]) {
        server.answer = answer
        t.match(await upstream.create(requestFor(contract.model, 'a cat'), signal), { outcome: 'unknown' })
      }
    })
  })
}

/** Addresses as fal and others give them, on another origin. */
function strangeAddresses (origin: string): Record<string, string> {
  return Object.fromEntries(['status_url', 'response_url', 'cancel_url', 'polling_url'].map(name => [name, `${origin}/${name}`]))
}

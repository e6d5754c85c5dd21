import { EventEmitter, once } from 'node:events'
import type { Behaviour, Operation } from '../../server/sandbox/behaviour.ts'
import type { EventReceiver } from '../../server/sandbox/events.ts'
import type { Dialect } from '../../server/sandbox/job.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { BASE_PATHS } from '../../server/sandbox/routes.ts'
import { startSandbox, type Sandbox } from '../../server/sandbox/server.ts'

interface Test { teardown (handler: () => unknown): void }

interface SandboxUpstreamOptions {
  type?: Dialect
  durationMs?: number
  behaviour?: Behaviour
}

export const SANDBOX_KEY = 'sk-upstream-secret'

/** A provider of the test's own, what points an `env` channel at it, and its ledger. */
export async function startSandboxUpstream (t: Test, { type = 'sora-relay', durationMs = 50, behaviour }: SandboxUpstreamOptions = {}) {
  const store = createMemoryStore()
  const activity = new EventEmitter()
  const watched: typeof store = {
    ...store,
    async insert (job) {
      const kept = await store.insert(job)
      activity.emit('change')
      return kept
    },
    async find (id) {
      activity.emit('change')
      return await store.find(id)
    }
  }
  const options = { store: watched, durationMs, behaviour, apiKey: SANDBOX_KEY, control: true }
  let running: Sandbox | undefined = await startSandbox(options)
  const { url } = running
  const { control, events } = running
  const die = async () => {
    const { close } = running ?? {}
    running = undefined
    await close?.()
  }
  t.teardown(die)
  const baseUrl = url + BASE_PATHS[type]
  return {
    url,
    type,
    baseUrl,
    /** From now on nobody listens there. */
    die,
    /** It is back at its address, with the jobs it had; behaviours and requests are those of its first life. */
    async rise () { running = await startSandbox({ ...options, port: Number(new URL(url).port) }) },
    /** Environment of a server that submits here. */
    env: {
      SANDBOX: 'off',
      UPSTREAM_TYPE: type,
      UPSTREAM_BASE_URL: baseUrl,
      UPSTREAM_API_KEY: SANDBOX_KEY
    },
    /** How it behaves from now on: for the next `times` such requests, or until told otherwise. */
    behave: (operation: Operation | '*', behaviour: Behaviour, times?: number) => control.behave({ operation, behaviour, times }),
    forgetBehaviours: () => control.forgetBehaviours(),
    requests: () => control.requests(),
    /** Where it posts its events from now on. */
    tellEvents: (receiver: EventReceiver) => { events.receiver = receiver },
    /** Every paid submission, oldest first. */
    ledger: () => store.ledger(),
    /** Resolves as soon as so many submissions were paid. */
    async untilPaid (count: number) {
      while ((await store.ledger()).length < count) await once(activity, 'change')
    },
    /** Resolves as soon as so many polls have come in. */
    async untilPolled (count: number) {
      while ((control.requests().poll ?? 0) < count) await once(activity, 'change')
    },
    /** How often this prompt was paid for. */
    timesPaid: async (prompt: string) => (await store.ledger()).filter(job => job.prompt === prompt).length
  }
}

export type SandboxUpstream = Awaited<ReturnType<typeof startSandboxUpstream>>

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { signedHeaders } from '../webhooks/standard-webhooks.ts'
import type { Job } from './job.ts'
import { isOver, stateOf, type Phase } from './progress.ts'
import { Refusal } from './replies.ts'
import type { SandboxStore } from './store.ts'

/** Who is told how jobs end, and the secret the events are signed with. */
export interface EventReceiver { url: string, secret: string }

const LOOK_MS = 50
const TIMEOUT_MS = 5_000
/** OpenAI has no event for a cancelled video. */
const EVENTS: Partial<Record<Phase, string>> = { completed: 'video.completed', failed: 'video.failed' }

/** Posts OpenAI's events about jobs of that dialect, each once; an event that does not arrive is lost, as at the worst of providers. */
export class EventSender {
  receiver: EventReceiver | undefined
  readonly #store: SandboxStore
  readonly #closing = new AbortController()

  constructor (store: SandboxStore) {
    this.#store = store
  }

  /** Tells the present receiver, if there is one, when the job ends. */
  watch (job: Job): void {
    if (this.receiver && job.dialect === 'openai') this.#tell(this.receiver, job).catch(() => {})
  }

  close (): void {
    this.#closing.abort()
  }

  async #tell ({ url, secret }: EventReceiver, job: Job): Promise<void> {
    const type = EVENTS[await this.#untilOver(job)]
    if (!type) return
    const id = `evt_${randomBytes(12).toString('hex')}`
    const body = JSON.stringify({ id, object: 'event', created_at: Math.floor(Date.now() / 1000), type, data: { id: job.id } })
    const headers = { 'content-type': 'application/json', ...signedHeaders([secret], id, body) }
    await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  }

  async #untilOver (job: Job): Promise<Phase> {
    for (;;) {
      const { phase } = stateOf(await this.#store.find(job.id) ?? job, Date.now())
      if (isOver(phase)) return phase
      await sleep(LOOK_MS, undefined, { ref: false, signal: this.#closing.signal })
    }
  }
}

/** Throws Refusal. */
export function parseReceiver (value: unknown): EventReceiver {
  const { url, secret } = value as Partial<Record<string, unknown>>
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new Refusal(400, 'invalid_url', 'url must be an http(s) URL')
  if (typeof secret !== 'string' || secret === '') throw new Refusal(400, 'invalid_secret', 'secret must be a string')
  return { url, secret }
}

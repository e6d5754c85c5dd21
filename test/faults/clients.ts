import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { Rig } from './rig.ts'

const REPLY_TIMEOUT_MS = 20_000
/** A client with a key repeats its request until it is answered. */
const REPEAT_FOR_MS = 60_000
const MODEL = 'sora-2'

/** How the provider treats a submission now and then: whether it made the video is not to be told from its answer. */
const TROUBLES = [
  '[[drop-after-accept]]',
  '[[sandbox: create=drop, create.times=1]]',
  '[[sandbox: create=hang, create.accepted=true, create.times=1]]',
  '[[sandbox: create=hang, create.times=1]]',
  '[[sandbox: create=500, create.accepted=true, create.times=1]]',
  '[[sandbox: create=502, create.times=1]]',
  '[[sandbox: create=garbage, create.accepted=true, create.times=1]]',
  '[[sandbox: create=truncated, create.times=1]]',
  '[[sandbox: create=cut, create.times=1]]',
  '[[sandbox: create=429, create.retryAfter=1, create.times=1]]',
  '[[sandbox: poll=503, poll.every=2]]',
  '[[sandbox: poll=drop, poll.times=3]]',
  '[[sandbox: poll=404, poll.times=2]]',
  '[[fail]]',
  '[[refuse]]'
]

interface Wish { operation: 'create' | 'remix' | 'cancel' | 'read', path: string, method: 'GET' | 'POST', prompt?: string, key?: string }
interface Answer { status: number, videoId?: string, data?: any }

/** Somebody at the REST API who creates, remixes, cancels and reads until told to stop. Knows nothing of what goes on behind it. */
export class Client {
  readonly #rig: Rig
  readonly #name: string
  readonly #random: Random
  readonly #hasKeys: boolean
  readonly #mine: string[] = []
  #wishes = 0

  /** With keys it repeats what was not answered, which takes its time while servers die; without it just goes on. */
  constructor (rig: Rig, name: string, random: Random, hasKeys: boolean) {
    this.#rig = rig
    this.#name = name
    this.#random = random
    this.#hasKeys = hasKeys
  }

  async run (signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#act()
      await sleep(this.#random.between(50, 500))
    }
  }

  async #act (): Promise<void> {
    const random = this.#random
    const video = this.#mine.length > 0 ? random.pick(this.#mine) : undefined
    const die = random.between(1, 100)
    if (die <= 15 && video) await this.#read(video)
    else if (die <= 22 && video) await this.#ask({ operation: 'cancel', method: 'POST', path: `/${video}/cancel` })
    else if (die <= 35 && video) await this.#make({ operation: 'remix', path: `/${video}/remix` }, this.#newPrompt())
    else if (die <= 55) await this.#createTwins()
    else await this.#make({ operation: 'create', path: '' }, this.#newPrompt())
  }

  /** Equal prompts side by side: what is in doubt of one could be taken for another's. */
  async #createTwins (): Promise<void> {
    const prompt = this.#newPrompt()
    const count = this.#random.between(2, 3)
    await Promise.all(Array.from({ length: count }, () => this.#make({ operation: 'create', path: '' }, prompt, false)))
  }

  async #make (what: Pick<Wish, 'operation' | 'path'>, prompt: string, mayHaveKey = true): Promise<void> {
    const key = mayHaveKey && this.#hasKeys ? `key of ${prompt}` : undefined
    const wish: Wish = { ...what, method: 'POST', prompt, key }
    const answer = key === undefined ? await this.#ask(wish) : await this.#askUntilAnswered(wish)
    if (answer?.status === 201) this.#mine.push(answer.videoId!)
  }

  async #read (videoId: string): Promise<void> {
    await this.#ask({ operation: 'read', method: 'GET', path: `/${videoId}` })
  }

  async #askUntilAnswered (wish: Wish): Promise<Answer | undefined> {
    for (const giveUpAt = performance.now() + REPEAT_FOR_MS; performance.now() < giveUpAt; await sleep(200)) {
      const answer = await this.#ask(wish)
      if (!answer || answer.status === 503) continue
      // Now and then the answer is "lost", and the repeat must get the same.
      if (this.#random.chance(0.8)) return answer
    }
  }

  async #ask ({ operation, method, path, prompt, key }: Wish): Promise<Answer | undefined> {
    const { history, servers, authorization } = this.#rig
    const up = servers.flatMap(({ url }) => url ?? [])
    if (up.length === 0) {
      await sleep(100)
      return undefined
    }
    try {
      const response = await fetch(`${this.#random.pick(up)}/api/video/tasks${path}`, {
        method,
        headers: { authorization, ...prompt && { 'content-type': 'application/json' }, ...key && { 'idempotency-key': encodeURIComponent(key) } },
        body: prompt ? JSON.stringify({ prompt, ...operation === 'create' && { model: MODEL } }) : null,
        signal: AbortSignal.timeout(REPLY_TIMEOUT_MS)
      })
      const { data, code, videoId = data?.videoId } = await response.json().catch(() => ({})) as { data?: any, code?: string, videoId?: string }
      history.add({ type: 'reply', operation, status: response.status, code, retryAfter: response.headers.get('retry-after') ?? undefined, videoId, prompt, key, outcome: data?.outcome })
      return { status: response.status, videoId, data }
    } catch (error) {
      history.add({ type: 'lost', operation, prompt, reason: String((error as Error).cause ?? error) })
    }
  }

  #newPrompt (): string {
    const prompt = `video ${++this.#wishes} of ${this.#name}`
    return this.#random.chance(0.35) ? `${prompt} ${this.#random.pick(TROUBLES)}` : prompt
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import { Caller, type Answer, type Wish } from './caller.ts'
import type { Random } from './random.ts'
import type { Rig } from './rig.ts'

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
  '[[sandbox: cancel=drop, cancel.accepted=true, cancel.times=1]]',
  '[[sandbox: cancel=503, cancel.times=1]]',
  '[[sandbox: cancelAfterMs=300]]',
  '[[fail]]',
  '[[refuse]]'
]

/** A task as a list shows it. */
interface Listed { videoId: string, prompt: string }

/** Somebody at the REST API who asks for videos and changes their mind, until told to stop. Knows nothing of what goes on behind it. */
export class Client {
  readonly #caller: Caller
  readonly #name: string
  readonly #random: Random
  readonly #hasKeys: boolean
  readonly #mine: string[] = []
  readonly #acts: Array<() => Promise<unknown>>
  #wishes = 0
  /** Whose tasks this one tries to get at. */
  neighbour: Client | undefined

  /** With keys it repeats what was not answered, which takes its time while servers die; without it just goes on. */
  constructor (rig: Rig, account: Account, random: Random, hasKeys: boolean) {
    this.#caller = new Caller(rig, account, random.fork())
    this.#name = account.name
    this.#random = random
    this.#hasKeys = hasKeys
    this.#acts = [
      ...this.#often(30, () => this.#create(this.#newPrompt())),
      ...this.#often(16, () => this.#createEqual()),
      ...this.#often(6, () => this.#createAndCancel()),
      ...this.#often(12, () => this.#remix()),
      ...this.#often(8, () => this.#cancel('QUEUED,PROCESSING')),
      ...this.#often(10, () => this.#retry()),
      ...this.#often(6, () => this.#delete()),
      ...this.#often(10, () => this.#read()),
      ...this.#often(2, () => this.#trespass())
    ]
  }

  async run (signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#random.pick(this.#acts)()
      await sleep(this.#random.between(50, 500))
    }
  }

  #often (share: number, act: () => Promise<unknown>) {
    return Array<() => Promise<unknown>>(share).fill(act)
  }

  #create (prompt: string, mayHaveKey = true): Promise<void> {
    return this.#make({ operation: 'create', method: 'POST', prompt, body: { prompt, model: MODEL } }, mayHaveKey)
  }

  /** Equal prompts side by side: what is in doubt of one could be taken for another's. */
  async #createEqual (): Promise<void> {
    const prompt = this.#newPrompt()
    const count = this.#random.between(2, 5)
    await Promise.all(Array.from({ length: count }, () => this.#create(prompt, false)))
  }

  /** A cancel that comes while the task is on its way to the provider. */
  async #createAndCancel (): Promise<void> {
    const prompt = `${this.#newName()} [[sandbox: create.latencyMs=${this.#random.between(200, 1_200)}]]`
    await Promise.all([this.#create(prompt), sleep(this.#random.between(50, 800)).then(() => this.#cancel('QUEUED'))])
  }

  async #remix (): Promise<void> {
    const source = await this.#findOne('COMPLETED')
    if (!source) return
    const prompt = this.#newPrompt()
    await this.#make({ operation: 'remix', method: 'POST', path: `/${source.videoId}/remix`, subject: source.videoId, prompt, body: { prompt } })
  }

  async #cancel (status: string): Promise<void> {
    const task = await this.#findOne(status)
    if (task) await this.#caller.ask({ operation: 'cancel', method: 'POST', path: `/${task.videoId}/cancel`, subject: task.videoId })
  }

  async #retry (): Promise<void> {
    const task = await this.#findOne('FAILED,CANCELLED')
    if (task) await this.#caller.ask({ operation: 'retry', method: 'POST', path: `/${task.videoId}/retry`, subject: task.videoId, body: { acceptDuplicateRisk: this.#random.chance(0.5) } })
  }

  async #delete (): Promise<void> {
    const task = await this.#findOne('QUEUED,PROCESSING,COMPLETED,FAILED,CANCELLED')
    if (task) await this.#caller.ask({ operation: 'delete', method: 'DELETE', path: `/${task.videoId}`, subject: task.videoId, prompt: task.prompt })
  }

  async #read (): Promise<void> {
    const videoId = this.#mine.length > 0 ? this.#random.pick(this.#mine) : undefined
    if (videoId) await this.#caller.ask({ operation: 'read', method: 'GET', path: `/${videoId}`, subject: videoId })
  }

  async #trespass (): Promise<void> {
    const videoId = this.neighbour!.#mine.at(-1)
    if (videoId) await this.#caller.ask({ operation: 'trespass', method: 'GET', path: `/${videoId}`, subject: videoId })
  }

  async #findOne (status: string): Promise<Listed | undefined> {
    const answer = await this.#caller.ask({ operation: 'list', method: 'GET', path: `?limit=50&status=${status}` })
    const tasks: Listed[] = answer?.data?.tasks ?? []
    return tasks.length > 0 ? this.#random.pick(tasks) : undefined
  }

  async #make (wish: Wish, mayHaveKey = true): Promise<void> {
    const answer = mayHaveKey && this.#hasKeys ? await this.#askUntilAnswered({ ...wish, key: `key of ${wish.prompt}` }) : await this.#caller.ask(wish)
    if (answer?.status === 201) this.#mine.push(answer.videoId!)
  }

  async #askUntilAnswered (wish: Wish): Promise<Answer | undefined> {
    for (const giveUpAt = performance.now() + REPEAT_FOR_MS; performance.now() < giveUpAt; await sleep(200)) {
      const answer = await this.#caller.ask(wish)
      if (!answer || answer.status === 503) continue
      // Now and then the answer is "lost", and the repeat must get the same.
      if (this.#random.chance(0.8)) return answer
    }
  }

  #newName (): string {
    return `video ${++this.#wishes} of ${this.#name}`
  }

  #newPrompt (): string {
    const name = this.#newName()
    return this.#random.chance(0.35) ? `${name} ${this.#random.pick(TROUBLES)}` : name
  }
}

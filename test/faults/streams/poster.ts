import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { Rig } from '../rig.ts'
import type { Account } from './stream-client.ts'

const TASKS = '/api/video/tasks'
const REPLY_TIMEOUT_MS = 10_000
/** Ways for a task to end, or to begin, that change its status otherwise. */
const TURNS = ['[[fail]]', '[[refuse]]', '[[sandbox: create=drop, create.times=1]]', '[[sandbox: create=429, create.retryAfter=1, create.times=1]]']

/** Somebody who keeps creating tasks for one user, so that there is always something to hear of. Cares for no answer. */
export class Poster {
  readonly #rig: Rig
  readonly #account: Account
  readonly #random: Random
  readonly #mine: string[] = []
  #wishes = 0

  constructor (rig: Rig, account: Account, random: Random) {
    this.#rig = rig
    this.#account = account
    this.#random = random
  }

  async run (signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const up = this.#rig.servers.flatMap(({ url }) => url ?? [])
      if (up.length > 0) await this.#act(this.#random.pick(up))
      await sleep(this.#random.between(100, 900))
    }
  }

  async #act (url: string): Promise<void> {
    const random = this.#random
    const video = this.#mine.length > 0 ? random.pick(this.#mine) : undefined
    const die = random.between(1, 100)
    if (die <= 10 && video) return await this.#post(`${url}${TASKS}/${video}/cancel`)
    if (die <= 20 && video) return await this.#post(`${url}${TASKS}/${video}/retry`)
    const prompt = `video ${++this.#wishes} of ${this.#account.userId}`
    await this.#post(`${url}${TASKS}`, { prompt: random.chance(0.2) ? `${prompt} ${random.pick(TURNS)}` : prompt })
  }

  async #post (url: string, body: object = {}): Promise<void> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: this.#account.authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(REPLY_TIMEOUT_MS)
      })
      const { data } = await response.json() as { data?: { videoId?: string } }
      if (response.status === 201 && data?.videoId) this.#mine.push(data.videoId)
    } catch {
      // Lost: the streams tell what became of it, if anything.
    }
  }
}

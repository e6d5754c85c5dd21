import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Operation } from './evidence.ts'
import type { Random } from './random.ts'
import type { Rig } from './rig.ts'

const REPLY_TIMEOUT_MS = 20_000
/** How many requests are given up while they are under way: what a client does not wait for goes on all the same. */
const IMPATIENCE = 0.03

/** A request; `path` follows that of the tasks. */
export interface Wish {
  operation: Operation
  method: 'GET' | 'POST' | 'DELETE'
  path?: string
  subject?: string
  prompt?: string
  key?: string
  body?: Record<string, unknown>
}

export interface Answer { status: number, videoId?: string, data?: any }

/** Asks any server that is up, and writes down what it asked and was told. */
export class Caller {
  readonly #rig: Rig
  readonly #account: Account
  readonly #random: Random

  constructor (rig: Rig, account: Account, random: Random) {
    this.#rig = rig
    this.#account = account
    this.#random = random
  }

  /** Undefined: there was no answer. */
  async ask (wish: Wish): Promise<Answer | undefined> {
    const up = this.#rig.servers.flatMap(({ url }) => url ?? [])
    if (up.length === 0) {
      await sleep(100)
      return undefined
    }
    const { operation, subject, prompt, key } = wish
    const asked = { operation, by: this.#account.name, subject, prompt, key }
    try {
      const response = await this.#send(this.#random.pick(up), wish)
      const { data, code, videoId = data?.videoId } = await response.json().catch(() => ({})) as { data?: any, code?: string, videoId?: string }
      const { status, headers } = response
      this.#rig.history.add({ type: 'reply', ...asked, status, code, retryAfter: headers.get('retry-after') ?? undefined, videoId, outcome: data?.outcome, state: data?.task?.status ?? data?.status })
      return { status, videoId, data }
    } catch (error) {
      this.#rig.history.add({ type: 'lost', ...asked, reason: String((error as Error).cause ?? error) })
    }
  }

  #send (server: string, { method, path = '', body, key }: Wish): Promise<Response> {
    const patienceMs = method !== 'GET' && this.#random.chance(IMPATIENCE) ? this.#random.between(5, 500) : REPLY_TIMEOUT_MS
    return fetch(`${server}/api/video/tasks${path}`, {
      method,
      headers: { authorization: this.#account.authorization, ...body && { 'content-type': 'application/json' }, ...key && { 'idempotency-key': encodeURIComponent(key) } },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(patienceMs)
    })
  }
}

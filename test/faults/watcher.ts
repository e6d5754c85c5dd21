import { setTimeout as sleep } from 'node:timers/promises'
import { parseMessages } from '../../server/demo/event-stream.ts'
import { isAfter } from '../../server/events/cursor.ts'
import type { Account } from './account.ts'
import type { Random } from './random.ts'
import type { Rig } from './rig.ts'
import { positionOf } from './stream-checker.ts'

/** Somebody at a stream: is cut off again and again, comes back to any server and resumes where it was. */
export class Watcher {
  readonly #rig: Rig
  readonly #account: Account
  readonly #number: number
  readonly #random: Random
  #cursor: string | undefined

  constructor (rig: Rig, account: Account, number: number, random: Random) {
    this.#rig = rig
    this.#account = account
    this.#number = number
    this.#random = random
  }

  /** Whether it has seen the last of its account's changes. */
  async isUpToDate (): Promise<boolean> {
    const last = await this.#rig.findLastEvent(this.#account)
    return !last || (this.#cursor !== undefined && !isAfter(last, positionOf(this.#cursor)))
  }

  async run (signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const up = this.#rig.servers.flatMap(({ url }) => url ?? [])
      if (up.length > 0) await this.#connect(this.#random.pick(up), signal)
      await sleep(this.#random.between(50, 500))
    }
  }

  async #connect (url: string, signal: AbortSignal): Promise<void> {
    const patience = AbortSignal.timeout(this.#random.between(1_000, 8_000))
    try {
      const response = await fetch(`${url}/api/sse/task-updates`, {
        headers: { authorization: this.#account.authorization, accept: 'text/event-stream', ...this.#cursor && { 'last-event-id': this.#cursor } },
        signal: AbortSignal.any([signal, patience])
      })
      if (response.status !== 200) return await this.#noteRefusal(response)
      for await (const { id, data } of parseMessages(response.body!.pipeThrough(new TextDecoderStream()))) this.#take(id, data)
    } catch {
      // Cut off, by us or by a fault: the next connection tells whether anything is missing.
    }
  }

  async #noteRefusal (response: Response): Promise<void> {
    const { code } = await response.json() as { code?: string }
    this.#rig.history.add({ type: 'reply', operation: 'watch', by: this.#account.name, status: response.status, code, retryAfter: response.headers.get('retry-after') ?? undefined })
  }

  #take (id: string | undefined, data: string | undefined): void {
    const { history } = this.#rig
    const whose = { watcher: this.#number, by: this.#account.name }
    if (id !== undefined) this.#cursor = id
    if (id !== undefined && data === undefined) return history.add({ type: 'opened', ...whose, cursor: id })
    const { type, payload } = JSON.parse(data!)
    if (type === 'reset') history.add({ type: 'reset', ...whose })
    if (id !== undefined && type === 'taskUpdate') history.add({ type: 'frame', ...whose, cursor: id, videoId: payload.videoId, status: payload.status, attempt: payload.attempt })
  }
}

import { once } from 'node:events'
import { get, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseMessages } from '../../../server/demo/event-stream.ts'

/** A half-closed socket, a closed one, a reset one, and one that nobody reads any more. */
export const DROPS = ['fin', 'close', 'reset', 'silent'] as const
export type Drop = typeof DROPS[number]

const HEADERS_PATIENCE_MS = 10_000
/** A heartbeat comes every 15 s. */
const SILENCE_MS = 25_000
/** How long a client that is gone without a word keeps its socket. */
const LINGER_MS = 40_000

export interface Message { id?: string, data?: string }

/** One request on a socket of its own, which can end in every way a network knows. */
export class Connection {
  readonly #request: ClientRequest
  readonly #dropped = Promise.withResolvers<void>()
  readonly #released = Promise.withResolvers<void>()
  #over = false

  constructor (url: string, headers: Record<string, string>, agent: Agent) {
    this.#request = get(url, { agent, headers })
    this.#request.on('error', () => {})
    this.#request.once('close', () => this.#released.resolve())
  }

  /** Undefined when there is none: cut off, or too slow. */
  async response (): Promise<IncomingMessage | undefined> {
    const answered = once(this.#request, 'response', { signal: AbortSignal.timeout(HEADERS_PATIENCE_MS) })
    try {
      const [response] = await Promise.race([answered, this.#dropped.promise.then(() => [])])
      return response
    } catch {
      this.drop('close')
      return undefined
    }
  }

  /** Hears messages until either side ends it. */
  async read (response: IncomingMessage, take: (message: Message) => void): Promise<void> {
    this.#request.socket!.setTimeout(SILENCE_MS, () => this.drop('close'))
    await Promise.race([this.#dropped.promise, this.#hear(response, take).catch(() => {})])
  }

  drop (how: Drop): void {
    if (this.#over) return
    this.#over = true
    this.#dropped.resolve()
    const { socket } = this.#request
    if (how === 'reset' && socket) socket.resetAndDestroy()
    else if (how === 'fin' && socket) socket.end()
    else if (how === 'close') this.#request.destroy()
    // A silent one holds its socket, and a half-closed one waits for the other half.
    sleep(LINGER_MS, undefined, { ref: false }).then(() => this.#request.destroy())
  }

  async #hear (response: IncomingMessage, take: (message: Message) => void): Promise<void> {
    for await (const message of parseMessages(response.setEncoding('utf8'))) {
      // Stands here, not reading, until the socket is gone.
      if (this.#over) return await this.#released.promise
      take(message)
    }
  }
}

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { receiverUrl } from '../support/receivers.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'

/** How often a receiver fails the first try of a delivery. Later ones it takes: each failure makes the wait for the next longer. */
const FAILURES = 0.04

/** Where one account's webhooks arrive; never killed. */
export class Receiver {
  readonly #owner: string
  readonly #history: History
  readonly #random: Random
  readonly #server: Server
  readonly #known = new Set<string>()
  #webhook: Webhook | undefined

  constructor (owner: string, history: History, random: Random) {
    this.#owner = owner
    this.#history = history
    this.#random = random
    this.#server = createServer(async (request, response) => {
      const body = await buffer(request).catch(() => undefined)
      if (body) this.#take(request.headers, body, response)
    })
  }

  /** Answers with the URL to be told at. */
  async listen (): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return receiverUrl((this.#server.address() as AddressInfo).port)
  }

  trust (secret: string): void {
    this.#webhook = new Webhook(secret)
  }

  close (): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #take (headers: IncomingHttpHeaders, body: Buffer, response: ServerResponse): void {
    const id = String(headers['webhook-id'])
    const taken = this.#known.has(id) || !this.#random.chance(FAILURES)
    this.#known.add(id)
    const { payload } = JSON.parse(body.toString())
    this.#history.add({
      type: 'hook',
      receiver: this.#owner,
      id,
      videoId: payload.videoId,
      status: payload.status,
      attempt: payload.attempt,
      digest: createHash('sha256').update(body).digest('base64url'),
      verified: this.#verifies(headers, body),
      taken
    })
    if (taken) response.end('{}')
    else if (this.#random.chance(0.5)) response.writeHead(500).end()
    else response.destroy()
  }

  #verifies (headers: IncomingHttpHeaders, body: Buffer): boolean {
    try {
      this.#webhook!.verify(body, headers as Record<string, string>)
      return true
    } catch {
      return false
    }
  }
}

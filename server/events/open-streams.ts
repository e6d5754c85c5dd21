import type { Caller, Callers } from '../accounts/callers.ts'
import { ReelayError } from '../errors.ts'
import type { Log } from '../log.ts'

/** Streams of one user in one process. A browser needs one, a fleet of scripts some; more is a client that leaks them. */
const MAX_PER_USER = 1_000
/** Every revocation closes streams within 60 s (DESIGN §8). */
const RECHECK_MS = 20_000

interface OpenStream { caller: Caller, close: () => void }

/** The open streams of this process: counted by user, closed when their session or key ends and when the server does. */
export class OpenStreams {
  readonly #streams = new Set<OpenStream>()
  readonly #perUser = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  readonly #callers: Callers
  readonly #log: Log
  #closed = false

  constructor (callers: Callers, log: Log, recheckMs = RECHECK_MS) {
    this.#callers = callers
    this.#log = log
    this.#timer = setInterval(() => this.#closeEnded(), recheckMs)
    this.#timer.unref()
  }

  /** Throws RATE_LIMITED when the user has too many, SERVER_STOPPING when all were closed for good. */
  checkRoom (userId: string): void {
    if (this.#closed) throw new ReelayError('SERVER_STOPPING')
    if ((this.#perUser.get(userId) ?? 0) < MAX_PER_USER) return
    throw new ReelayError('RATE_LIMITED', { retryAfterSeconds: 30, params: { reason: { reason: 'openStreams', params: { limit: MAX_PER_USER } } } })
  }

  /** Keeps a stream known while it runs. */
  async track<T> (stream: OpenStream, run: () => Promise<T>): Promise<T> {
    this.#count(stream.caller.id, 1)
    this.#streams.add(stream)
    try {
      return await run()
    } finally {
      this.#streams.delete(stream)
      this.#count(stream.caller.id, -1)
    }
  }

  closeAll (): void {
    this.#closed = true
    clearInterval(this.#timer)
    for (const stream of this.#streams) stream.close()
  }

  #closeEnded (): void {
    for (const stream of this.#streams) {
      this.#callers.findAgain(stream.caller)
        .then(caller => { if (!caller) stream.close() })
        // Postgres is away: asked again at the next round.
        .catch(error => this.#log.debug({ err: error }, 'the caller of a stream could not be checked'))
    }
  }

  #count (userId: string, change: number): void {
    const count = (this.#perUser.get(userId) ?? 0) + change
    if (count > 0) this.#perUser.set(userId, count)
    else this.#perUser.delete(userId)
  }
}

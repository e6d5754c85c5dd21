import { createBoundedQueue } from '../bounded-queue.ts'
import { invalidField, ReelayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { DecodingWorker, type Picture, type Verdict } from './decoding-worker.ts'

/** Images decoded side by side, and how many more may wait. */
const AT_ONCE = 2
const MAX_WAITING = 64
/** A hundred megapixels take a few seconds. */
const DECODE_MS = 15_000
/** A thread holds about 60 MB, and what its largest image took. */
const IDLE_MS = 20_000

const PROBLEMS: Readonly<Record<Exclude<Verdict, 'fine'> | 'late' | 'ended', string>> = {
  damaged: 'is damaged: not all of its pixels can be decoded',
  heavy: 'takes too much memory to decode; send it smaller',
  late: 'takes too long to decode; send it smaller',
  ended: 'could not be decoded; send it in another form'
}

export interface DecoderOptions { decodeMs?: number, idleMs?: number, start?: (signal: AbortSignal) => Promise<DecodingWorker> }

/** Decodes input images before their tasks are accepted, in threads that are there only while there are images. */
export class ImageDecoder {
  readonly #log: Log
  readonly #decodeMs: number
  readonly #idleMs: number
  readonly #start: (signal: AbortSignal) => Promise<DecodingWorker>
  readonly #inTurn = createBoundedQueue(AT_ONCE, MAX_WAITING, 'imageChecks')
  readonly #idle = new Map<DecodingWorker, NodeJS.Timeout>()
  readonly #busy = new Set<DecodingWorker>()
  readonly #starting = new Set<Promise<DecodingWorker>>()
  readonly #closing = new AbortController()

  constructor (log: Log, { decodeMs = DECODE_MS, idleMs = IDLE_MS, start = DecodingWorker.start }: DecoderOptions = {}) {
    this.#log = log
    this.#decodeMs = decodeMs
    this.#idleMs = idleMs
    this.#start = start
  }

  /** How many threads there are. */
  get threads (): number {
    return this.#idle.size + this.#busy.size + this.#starting.size
  }

  /** Throws REQUEST_INVALID about the field unless every pixel can be decoded, RATE_LIMITED when too many images wait, SERVER_STOPPING once it closes. */
  async check (image: Picture, field: string): Promise<void> {
    this.#refuseWhenClosed()
    const verdict = await this.#inTurn(() => this.#decode(image))
    if (verdict !== 'fine') throw invalidField(field, PROBLEMS[verdict])
  }

  /** Resolves when no thread is left; images in hand and those that wait are refused. */
  async close (): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#starting)
    await Promise.all([...this.#idle.keys(), ...this.#busy].map(worker => this.#end(worker)))
  }

  #refuseWhenClosed (): void {
    if (this.#closing.signal.aborted) throw new ReelayError('SERVER_STOPPING')
  }

  /** A thread can end by another's fault, for want of memory: the image has a second try before it is refused. */
  async #decode (image: Picture): Promise<Verdict | 'late' | 'ended'> {
    const verdict = await this.#decodeOnce(image)
    return verdict === 'ended' ? await this.#decodeOnce(image) : verdict
  }

  async #decodeOnce (image: Picture): Promise<Verdict | 'late' | 'ended'> {
    const worker = await this.#take()
    const verdict = await worker.decode(image, this.#decodeMs)
    this.#refuseWhenClosed()
    // What memory an image took a thread keeps; after one that took all of it, the next one starts afresh.
    if (verdict === 'fine' || verdict === 'damaged') {
      this.#putBack(worker)
    } else {
      this.#log.warn({ verdict, contentType: image.contentType, bytes: image.bytes.length }, 'an image could not be decoded: its thread is replaced')
      await this.#end(worker)
    }
    return verdict
  }

  async #take (): Promise<DecodingWorker> {
    this.#refuseWhenClosed()
    const [idle] = this.#idle.keys()
    if (!idle) return await this.#startAnother()
    clearTimeout(this.#idle.get(idle))
    this.#idle.delete(idle)
    this.#busy.add(idle)
    return idle
  }

  async #startAnother (): Promise<DecodingWorker> {
    const starting = this.#start(this.#closing.signal)
    this.#starting.add(starting)
    try {
      const worker = await starting
      this.#busy.add(worker)
      return worker
    } catch (error) {
      this.#refuseWhenClosed()
      throw error
    } finally {
      this.#starting.delete(starting)
    }
  }

  #putBack (worker: DecodingWorker): void {
    if (!this.#busy.delete(worker)) return
    this.#idle.set(worker, setTimeout(() => this.#end(worker), this.#idleMs).unref())
  }

  async #end (worker: DecodingWorker): Promise<void> {
    clearTimeout(this.#idle.get(worker))
    this.#idle.delete(worker)
    this.#busy.delete(worker)
    await worker.end()
  }
}

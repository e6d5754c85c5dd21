import { createBoundedQueue } from '../bounded-queue.ts'
import { invalidField } from '../errors.ts'
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

export interface DecoderOptions { decodeMs?: number, idleMs?: number, start?: () => Promise<DecodingWorker> }

/** Decodes input images before their tasks are accepted, in threads that are there only while there are images. */
export class ImageDecoder {
  readonly #log: Log
  readonly #decodeMs: number
  readonly #idleMs: number
  readonly #start: () => Promise<DecodingWorker>
  readonly #inTurn = createBoundedQueue(AT_ONCE, MAX_WAITING, 'imageChecks')
  readonly #idle = new Map<DecodingWorker, NodeJS.Timeout>()
  readonly #busy = new Set<DecodingWorker>()

  constructor (log: Log, { decodeMs = DECODE_MS, idleMs = IDLE_MS, start = DecodingWorker.start }: DecoderOptions = {}) {
    this.#log = log
    this.#decodeMs = decodeMs
    this.#idleMs = idleMs
    this.#start = start
  }

  /** How many threads there are. */
  get threads (): number {
    return this.#idle.size + this.#busy.size
  }

  /** Throws REQUEST_INVALID about the field unless every pixel can be decoded, RATE_LIMITED when too many images wait. */
  async check (image: Picture, field: string): Promise<void> {
    const verdict = await this.#inTurn(() => this.#decode(image))
    if (verdict !== 'fine') throw invalidField(field, PROBLEMS[verdict])
  }

  async close (): Promise<void> {
    await Promise.all([...this.#idle.keys(), ...this.#busy].map(worker => this.#end(worker)))
  }

  /** A thread can end by another's fault, for want of memory: the image has a second try before it is refused. */
  async #decode (image: Picture): Promise<Verdict | 'late' | 'ended'> {
    const verdict = await this.#decodeOnce(image)
    return verdict === 'ended' ? await this.#decodeOnce(image) : verdict
  }

  async #decodeOnce (image: Picture): Promise<Verdict | 'late' | 'ended'> {
    const worker = await this.#take()
    const verdict = await worker.decode(image, this.#decodeMs)
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
    const worker = this.#idle.keys().next().value ?? await this.#start()
    clearTimeout(this.#idle.get(worker))
    this.#idle.delete(worker)
    this.#busy.add(worker)
    return worker
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

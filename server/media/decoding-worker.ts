import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { InputImage } from '../upstreams/upstream.ts'

const ENTRY = join(import.meta.dirname, 'image-decoding.ts')

export type Picture = Pick<InputImage, 'bytes' | 'contentType'>
export interface DecodingWork { bytes: Uint8Array, contentType: Picture['contentType'] }
/** What the thread says: that it can begin, then one word an image. */
export type FromDecoding = 'ready' | Verdict
export type Verdict = 'fine' | 'damaged' | 'heavy'

/**
 * A thread that decodes one image at a time (image-decoding.ts), in WebAssembly: bytes that mislead the decoder reach
 * nothing but its own memory. It has no variables of this process and none of its flags.
 */
export class DecodingWorker {
  readonly #worker: Worker
  readonly #ended: Promise<'ended'>

  /** Resolves once it can begin. The signal ends it, at whatever it is. */
  static async start (signal: AbortSignal): Promise<DecodingWorker> {
    const worker = new DecodingWorker()
    const end = () => { worker.end() }
    signal.addEventListener('abort', end)
    worker.#ended.then(() => signal.removeEventListener('abort', end))
    if (await worker.#next() !== 'ready') throw new Error('The thread that decodes images did not start')
    return worker
  }

  private constructor () {
    this.#worker = new Worker(ENTRY, { name: 'image-decoding', env: { VIPS_WARNING: '1' }, execArgv: [], stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: 96 } })
    // What the decoder remarks about an image is no line of our log.
    this.#worker.stdout.resume()
    this.#worker.stderr.resume()
    this.#worker.on('error', () => { /* It ends by that, which is what counts. */ })
    // Not `once` of node:events: it rejects on an error, which nobody may be waiting for.
    this.#ended = new Promise(resolve => this.#worker.once('exit', () => resolve('ended')))
  }

  /** Its verdict; `late` when it takes too long, `ended` when the thread ends before. In both cases it is of no use any more. */
  async decode ({ bytes, contentType }: Picture, timeMs: number): Promise<Verdict | 'late' | 'ended'> {
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(resolve, timeMs, 'late')
    try {
      this.#worker.postMessage({ bytes, contentType } satisfies DecodingWork)
      return await Promise.race([this.#next() as Promise<Verdict | 'ended'>, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async end (): Promise<void> {
    await this.#worker.terminate()
  }

  async #next (): Promise<FromDecoding | 'ended'> {
    const { promise, resolve } = Promise.withResolvers<FromDecoding>()
    this.#worker.once('message', resolve)
    try {
      return await Promise.race([promise, this.#ended])
    } finally {
      this.#worker.off('message', resolve)
    }
  }
}

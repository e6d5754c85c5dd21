import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { onAbort } from './egress-abort.ts'
import { EgressError, toEgressError, type EgressErrorKind } from './egress-error.ts'

/** Where a reply goes. After `end` or `fail` nothing more comes. */
export interface Receiver {
  head (status: number, headers: IncomingHttpHeaders): void
  data (chunk: Buffer): void
  end (): void
  fail (error: EgressError): void
}

interface Bounds {
  signal: AbortSignal
  totalMs: number
  /** As EgressRequest says. */
  sendBy?: number | undefined
}

/**
 * One request and its reply, driven by undici. undici calls onRequestStart right before it writes the first byte,
 * which is what makes `sent` exact.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #receiver: Receiver
  readonly #signal: AbortSignal
  readonly #sendBy: number
  readonly #timer: NodeJS.Timeout
  readonly #unwatch: () => void
  #controller: Dispatcher.DispatchController | undefined
  #settled = false

  constructor (receiver: Receiver, { signal, totalMs, sendBy = Infinity }: Bounds) {
    this.#receiver = receiver
    this.#signal = signal
    this.#sendBy = sendBy
    this.#timer = setTimeout(() => this.stop('timeout', 'the reply took too long'), totalMs)
    this.#unwatch = onAbort(signal, () => this.#abort())
  }

  begin (dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): void {
    if (this.#signal.aborted) this.#abort()
    else dispatcher.dispatch(options, this)
  }

  /** Ends the exchange from our side and closes its connection. Without effect once it is over. */
  stop (kind: EgressErrorKind, message: string): void {
    if (this.#settled) return
    const error = new EgressError(kind, message, { sent: this.#sent })
    this.#settle()
    this.#receiver.fail(error)
    this.#controller?.abort(error)
  }

  liftTotalTimeout (): void {
    clearTimeout(this.#timer)
  }

  pause (): void {
    this.#controller?.pause()
  }

  resume (): void {
    this.#controller?.resume()
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    // Asked of the clock: a process that was stopped hears of its connection before its timers fire.
    if (performance.now() > this.#sendBy) this.stop('aborted', 'its time was over before it was sent')
    // Given up while it waited for a connection: aborted now, nothing is written.
    if (this.#settled) controller.abort(new EgressError('aborted', 'given up before it was sent', { sent: false }))
    else this.#controller = controller
  }

  onResponseStart (_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#settled || status < 200) return
    // We asked for identity; unpacking what we did not ask for would open the door to decompression bombs.
    if (isEncoded(headers['content-encoding'])) return this.stop('protocol', 'the reply is compressed although that was not asked for')
    this.#receiver.head(status, headers)
  }

  onResponseData (_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#settled) this.#receiver.data(chunk)
  }

  onResponseEnd (): void {
    if (this.#settled) return
    this.#settle()
    this.#receiver.end()
  }

  onResponseError (_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) return
    this.#settle()
    this.#receiver.fail(toEgressError(error, this.#sent))
  }

  get #sent (): boolean {
    return this.#controller !== undefined
  }

  #abort (): void {
    this.stop('aborted', 'the call was aborted')
  }

  #settle (): void {
    this.#settled = true
    clearTimeout(this.#timer)
    this.#unwatch()
  }
}

function isEncoded (contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding.trim() !== '' && contentEncoding.trim().toLowerCase() !== 'identity'
}

import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { Exchange } from './egress-exchange.ts'

export interface EgressReply {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface EgressStream {
  status: number
  headers: IncomingHttpHeaders
  /** Destroying it closes the upstream's connection; a reader that stops reading stops the upstream. */
  body: Readable
}

export interface Limits {
  signal: AbortSignal
  totalMs: number
  sendBy?: number | undefined
  maxBytes: number
}

/** Sends a request and collects the reply. */
export function receiveAll (dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, { maxBytes, ...limits }: Limits): Promise<EgressReply> {
  return new Promise((resolve, reject) => {
    const reply = { status: 0, headers: {} as IncomingHttpHeaders }
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = () => exchange.stop('too-large', `the reply is longer than ${maxBytes} bytes`)
    const exchange = new Exchange({
      head (status, headers) {
        reply.status = status
        reply.headers = headers
        if (options.method !== 'HEAD' && Number(headers['content-length']) > maxBytes) tooLarge()
      },
      data (chunk) {
        size += chunk.length
        if (size > maxBytes) return tooLarge()
        chunks.push(chunk)
      },
      end: () => resolve({ ...reply, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }),
      fail: reject
    }, limits)
    exchange.begin(dispatcher, options)
  })
}

/** Sends a request and hands on the reply as it comes in. The total ends with the head. */
export function receiveStream (dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, limits: Limits): Promise<EgressStream> {
  return new Promise((resolve, reject) => {
    let body: Readable | undefined
    const exchange = new Exchange({
      head (status, headers) {
        exchange.liftTotalTimeout()
        body = createBody(exchange)
        resolve({ status, headers, body })
      },
      data (chunk) { if (!body!.push(chunk)) exchange.pause() },
      end () { body!.push(null) },
      fail (error) { if (body) body.destroy(error); else reject(error) }
    }, limits)
    exchange.begin(dispatcher, options)
  })
}

function createBody (exchange: Exchange): Readable {
  const body = new Readable({
    read () { exchange.resume() },
    destroy (error, callback) {
      exchange.stop('aborted', 'the reader went away')
      callback(error)
    }
  })
  // A connection lost before anybody reads must not end the process; the reader meets the error when it comes.
  return body.on('error', () => {})
}

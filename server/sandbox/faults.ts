import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from './behaviour.ts'
import type { Job } from './job.ts'
import { errorReply, jsonReply, type ErrorBody, type ErrorShape, type Reply } from './replies.ts'

/** These disturb the true reply, so the request is carried out first. */
const CARRIED_OUT: ReadonlySet<Fault['answer']> = new Set([undefined, 'truncated', 'cut', 'wrong-type', 'slow'] as const)

const HUGE_BYTES = 64 * 1024 * 1024
const PIECES = 50

const STATUS_ERRORS: Readonly<Record<number, ErrorBody>> = {
  400: { code: 'invalid_request', message: 'The request is invalid.' },
  401: { code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  402: { code: 'insufficient_quota', message: 'The account has no credit left.' },
  403: { code: 'permission_denied', message: 'This account may not do that.' },
  404: { code: 'not_found', message: 'The video does not exist.' },
  409: { code: 'conflict', message: 'The request conflicts with the state of the video.' },
  422: { code: 'unprocessable', message: 'The request cannot be processed.' },
  429: { code: 'rate_limit_exceeded', message: 'Rate limit reached.', type: 'rate_limit_error' }
}

/** Counts how often each fault was met, for `times` and `every`. */
export class FaultGate {
  readonly #met = new Map<string, number>()

  /** The fault, if it strikes this request. `key` is what its repetitions are counted by. */
  strike (fault: Fault | undefined, key: string, job: Job | undefined): Fault | undefined {
    if (!fault) return undefined
    const age = job ? Date.now() - job.created_at.getTime() : 0
    if (age < (fault.afterMs ?? 0) || age >= (fault.untilMs ?? Infinity)) return undefined
    if (!fault.times && !fault.every) return fault

    const met = (this.#met.get(key) ?? 0) + 1
    this.#met.set(key, met)
    const { every = 1, times = Infinity } = fault
    return met % every === 0 && met <= times * every ? fault : undefined
  }

  clear (): void {
    this.#met.clear()
  }
}

/** Whether the request does what it asks for: for a submission, whether it is paid. */
export function isCarriedOut (fault: Fault | undefined): boolean {
  if (typeof fault?.answer === 'number' && fault.answer < 500) return false
  return fault?.accepted ?? CARRIED_OUT.has(fault?.answer)
}

/** Sends the reply as the fault wants it. `reply` is missing when the request was not carried out. */
export async function sendReply (res: ServerResponse, reply: Reply | undefined, fault: Fault | undefined, shape: ErrorShape | undefined): Promise<void> {
  if (fault?.latencyMs) await delay(fault.latencyMs, undefined, { ref: false })
  switch (fault?.answer) {
    case undefined: return send(res, reply!)
    case 'hang': return
    case 'drop':
      res.destroy()
      return
    case 'reset':
      res.socket?.resetAndDestroy()
      return
    case 'huge': return sendHuge(res, fault.bytes ?? HUGE_BYTES)
    case 'cut': return sendCut(res, reply!)
    case 'slow': return sendSlowly(res, reply!, fault.dripMs ?? 100)
    case 'truncated': return send(res, { ...reply!, body: reply!.body.slice(0, reply!.body.length / 2) })
    case 'wrong-type': return send(res, { ...reply!, headers: { ...reply!.headers, 'content-type': 'text/plain' } })
    default: return send(res, wrongReply(fault!, fault!.answer as WrongAnswer, shape))
  }
}

type WrongAnswer = number | 'html' | 'empty' | 'garbage' | 'error' | 'redirect'

function wrongReply (fault: Fault, answer: WrongAnswer, shape: ErrorShape | undefined): Reply {
  const json = { 'content-type': 'application/json' }
  switch (answer) {
    case 'html': return { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Just a moment</title><h1>Checking your browser</h1><script>alert(1)</script>' }
    case 'empty': return { status: 200, headers: json, body: '' }
    case 'garbage': return { status: 200, headers: json, body: Buffer.from('{"id":\u0000\ufffd]]}~\n', 'latin1') }
    case 'error': return jsonReply(200, { error: { message: fault.message ?? 'The request was refused.', code: fault.code ?? 'refused', type: 'invalid_request_error' } })
    case 'redirect': return { status: 302, headers: { location: fault.location ?? 'http://127.0.0.1:1/elsewhere' }, body: '' }
    default: return statusReply(fault, answer, shape)
  }
}

function statusReply (fault: Fault, status: number, shape: ErrorShape | undefined): Reply {
  const known = STATUS_ERRORS[status] ?? { code: 'server_error', message: `The server had an error (${status}).`, type: 'server_error' }
  const reply = errorReply(status, { ...known, code: fault.code ?? known.code, message: fault.message ?? known.message }, shape)
  if (fault.retryAfter !== undefined) reply.headers['retry-after'] = fault.retryAfter
  return reply
}

function send (res: ServerResponse, { status, headers, body }: Reply): void {
  // Node leaves the body of a reply to HEAD out and keeps its length.
  res.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  res.end(body)
}

function sendCut (res: ServerResponse, { status, headers, body }: Reply): void {
  const bytes = Buffer.from(body)
  res.writeHead(status, { ...headers, 'content-length': bytes.length })
  res.write(bytes.subarray(0, bytes.length / 2), () => res.destroy())
}

async function sendSlowly (res: ServerResponse, { status, headers, body }: Reply, dripMs: number): Promise<void> {
  const bytes = Buffer.from(body)
  const size = Math.ceil(bytes.length / PIECES)
  res.writeHead(status, { ...headers, 'content-length': bytes.length })
  for (let at = 0; at < bytes.length && !res.destroyed; at += size) {
    res.write(bytes.subarray(at, at + size))
    await delay(dripMs, undefined, { ref: false })
  }
  res.end()
}

async function sendHuge (res: ServerResponse, bytes: number): Promise<void> {
  const piece = Buffer.alloc(64 * 1024, ' ')
  res.writeHead(200, { 'content-type': 'application/json' })
  res.write('{"id":"video_huge","padding":"')
  for (let sent = 0; sent < bytes && !res.destroyed; sent += piece.length) {
    if (!res.write(piece)) await drained(res)
  }
  res.end('"}')
}

function drained (res: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      res.off('drain', done).off('close', done)
      resolve()
    }
    res.on('drain', done).on('close', done)
  })
}

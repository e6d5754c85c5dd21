import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { Agent, Client, type Dispatcher } from 'undici'
import { checkUrl, connectAnywhere, connectPublicOnly, mayGoAnywhere, redirectPolicy, type Connector, type EgressPolicy } from './egress-addresses.ts'
import { inPieces } from './egress-body.ts'
import { EgressError } from './egress-error.ts'
import { receiveAll, receiveStream, type EgressReply, type EgressStream, type Limits } from './egress-receive.ts'

export { EgressError, type EgressErrorKind } from './egress-error.ts'
export type { EgressPolicy } from './egress-addresses.ts'
export type { EgressReply, EgressStream } from './egress-receive.ts'

/** Milliseconds. A slow drip beats the idle timeout, hence the total; a stream has none. */
export interface Timeouts {
  headers: number
  idle: number
  total: number
}

export interface EgressCall {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Readonly<Record<string, string>>
  /** A stream is read as fast as it is sent; its `content-length` has to be among the headers, or it goes out in chunks. */
  body?: Buffer | string | Readable
  policy: EgressPolicy
  signal: AbortSignal
  timeouts?: Partial<Timeouts>
  /** How many redirects of a GET or HEAD to follow. Each hop is checked; another origin gets no credentials. */
  redirects?: 0 | 1 | 2 | 3
}

export interface EgressRequest extends EgressCall {
  /** Opens a connection for this call alone: no keep-alive connection that may be half dead. */
  fresh?: boolean
  /** The monotonic time (`performance.now()`) after which no byte of it may leave any more, whatever held this process up; of a stream the first. */
  sendBy?: number
  /** Longest reply body in bytes. */
  maxBytes?: number
}

/** The only way out for HTTP. Never follows the environment's proxies, never sends a credential elsewhere. */
export interface Egress {
  /** A reply that fits in memory. Throws EgressError. */
  request (call: EgressRequest): Promise<EgressReply>
  /** A reply of any size, as it comes in. Throws EgressError until the head is there; later errors are the body's. */
  stream (call: EgressCall): Promise<EgressStream>
  /** Ends what is still going on. */
  close (): Promise<void>
}

export interface EgressOptions {
  connectTimeoutMs?: number
  /** Connections kept per origin: as many polls can be under way at once. */
  connections?: number
  lookup?: LookupFunction
}

const TIMEOUTS: Timeouts = { headers: 20_000, idle: 20_000, total: 60_000 }
const MAX_REPLY_BYTES = 2 * 1024 * 1024
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What may go along to another origin. A list of what may not would miss the next provider's key header. */
const SHAREABLE_HEADERS = new Set(['accept', 'range', 'if-range', 'user-agent'])

interface Hop { url: URL, policy: EgressPolicy, headers: Readonly<Record<string, string>>, totalMs: number }

export function createEgress ({ connectTimeoutMs = 5_000, connections = 512, lookup }: EgressOptions = {}): Egress {
  // Two pools, so that a connection opened under the looser rule never carries a call under the stricter one.
  const anywhere = createRoute(connectAnywhere(connectTimeoutMs, lookup), connections)
  const publicOnly = createRoute(connectPublicOnly(connectTimeoutMs, lookup), connections)
  const routeOf = ({ url, policy }: Hop) => mayGoAnywhere(url, policy) ? anywhere : publicOnly

  return {
    request: call => follow(call, hop => call.fresh
      ? routeOf(hop).withFresh(hop.url, client => receiveAll(client, dispatchOptions(call, hop), limits(call, hop)))
      : receiveAll(routeOf(hop).agent, dispatchOptions(call, hop), limits(call, hop))),
    stream: call => follow(call, hop => receiveStream(routeOf(hop).agent, dispatchOptions(call, hop), limits(call, hop))),
    close: async () => { await Promise.all([anywhere.close(), publicOnly.close()]) }
  }
}

/** The pooled and the single-use connections under one address rule. */
function createRoute (connect: Connector, connections: number) {
  const options = { connect, allowH2: false }
  const agent = new Agent({ ...options, connections })
  const clients = new Set<Client>()
  return {
    agent,
    async withFresh<T> (url: URL, use: (client: Client) => Promise<T>): Promise<T> {
      if (agent.destroyed) throw new EgressError('aborted', 'the egress client is closed', { sent: false })
      const client = new Client(url.origin, options)
      clients.add(client)
      try {
        return await use(client)
      } finally {
        clients.delete(client)
        await client.destroy()
      }
    },
    close: () => Promise.all([agent.destroy(), ...[...clients].map(client => client.destroy())])
  }
}

/** Sends a call and, as far as it allows, follows where the replies lead. */
async function follow<T extends EgressReply | EgressStream> (call: EgressCall, send: (hop: Hop) => Promise<T>): Promise<T> {
  const totalMs = call.timeouts?.total ?? TIMEOUTS.total
  const deadline = performance.now() + totalMs
  let hop: Hop = { url: checkUrl(call.url, call.policy), policy: call.policy, headers: call.headers ?? {}, totalMs }
  let reply = await send(hop)
  for (let left = mayFollow(call); left > 0 && isRedirect(reply); left--) {
    if (reply.body instanceof Readable) reply.body.destroy()
    try {
      hop = nextHop(hop, reply.headers.location!, deadline)
      reply = await send(hop)
    } catch (error) {
      // Bytes of the first hop did leave.
      if (error instanceof EgressError && !error.sent) throw new EgressError(error.kind, `redirected: ${error.message}`, { sent: true, cause: error })
      throw error
    }
  }
  return reply
}

function mayFollow ({ method, redirects = 0 }: EgressCall): number {
  return method === 'GET' || method === 'HEAD' ? redirects : 0
}

function isRedirect ({ status, headers }: EgressReply | EgressStream): boolean {
  return REDIRECTS.has(status) && headers.location !== undefined
}

function nextHop ({ url: from, policy, headers }: Hop, location: string, deadline: number): Hop {
  const target = URL.parse(location, from.href)
  if (!target) throw new EgressError('protocol', 'the redirect leads nowhere', { sent: true })
  const next = redirectPolicy(from, policy)
  const url = checkUrl(target.href, next)
  return { url, policy: next, headers: url.origin === from.origin ? headers : withoutCredentials(headers), totalMs: Math.max(1, deadline - performance.now()) }
}

function withoutCredentials (headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => SHAREABLE_HEADERS.has(name.toLowerCase())))
}

function limits ({ signal, sendBy, maxBytes = MAX_REPLY_BYTES }: EgressRequest, { totalMs }: Hop): Limits {
  return { signal, sendBy, totalMs, maxBytes }
}

function dispatchOptions ({ method, body, timeouts, fresh, sendBy }: EgressRequest, { url, headers }: Hop): Dispatcher.DispatchOptions {
  const timed = sendBy !== undefined && Buffer.isBuffer(body) ? inPieces(body, sendBy) : { headers: {}, body }
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { 'user-agent': 'reelay', ...headers, ...timed.headers, 'accept-encoding': 'identity' },
    body: timed.body,
    reset: fresh,
    headersTimeout: timeouts?.headers ?? TIMEOUTS.headers,
    bodyTimeout: timeouts?.idle ?? TIMEOUTS.idle
  }
}

import fastifySSE from '@fastify/sse'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../server/accounts/callers.ts'
import { OpenStreams } from '../server/events/open-streams.ts'
import { readUpdates, type Updates } from '../server/events/read-updates.ts'
import type { StreamFilter } from '../server/events/stream-filter.ts'
import { TaskStream } from '../server/events/task-stream.ts'
import { redeemTicket } from '../server/events/tickets.ts'
import { ReelayError } from '../server/errors.ts'
import type { Reader } from '../server/tasks/present-task.ts'
import { createSink, destroyLater } from './sse-sink.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** onRequest: as `authenticate`, or by a one-time ticket in the query. */
    authenticateStream: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
    /** Streams what the filter lets through of the caller's, until either side ends it. */
    streamTasks: (request: FastifyRequest, reply: FastifyReply, reader: Reader, filter: StreamFilter) => Promise<void>
    /** The same as one answer, after at most so many milliseconds. */
    pollTasks: (request: FastifyRequest, reply: FastifyReply, waitMs: number, reader: Reader, filter: StreamFilter) => Promise<Updates>
  }
}

const HEARTBEAT_MS = 15_000
/** Reconnecting clients spread over this time, so that a restart is no stampede. */
const RETRY_MIN_MS = 1_000
const RETRY_SPREAD_MS = 4_000

/** Helmet's headers that speak to pages. Together they cost an open stream 2 to 3 KB for as long as it lives (measured). */
const PAGE_HEADERS = [
  'content-security-policy', 'cross-origin-opener-policy', 'origin-agent-cluster', 'referrer-policy', 'x-dns-prefetch-control',
  'x-download-options', 'x-frame-options', 'x-permitted-cross-domain-policies', 'x-xss-protection'
]

interface StreamQuery { lastEventId?: string, ticket?: string }

export default fp(async function ssePlugin (fastify) {
  const { db, feed, feedEpoch, callers, log } = fastify
  await fastify.register(fastifySSE.default, { heartbeatInterval: HEARTBEAT_MS })
  const openStreams = new OpenStreams(callers, log)
  // close() waits for open responses, so streams must end before it does.
  fastify.stopFirst('streams', () => openStreams.closeAll())

  fastify.decorate('authenticateStream', async function authenticateStream (request, reply) {
    const { ticket } = request.query as StreamQuery
    if (typeof ticket !== 'string') return await fastify.authenticate(request, reply)
    const caller = await findTicketHolder(ticket)
    if (!caller) throw new ReelayError('AUTH_REQUIRED')
    request.user = caller
  })

  fastify.decorate('streamTasks', async function streamTasks (request, reply, reader, filter) {
    const { user: caller } = request
    const { id: userId } = caller
    openStreams.checkRoom(userId)
    reply.header('cache-control', 'no-cache, no-transform')
    for (const name of PAGE_HEADERS) reply.raw.removeHeader(name)
    if (request.method === 'HEAD') return endAfterHeaders(reply)
    const stream = new TaskStream(db, feed, createSink(reply, () => stream.close()), {
      userId,
      epoch: feedEpoch,
      lastEventId: lastEventId(request),
      retryMs: Math.round(RETRY_MIN_MS + Math.random() * RETRY_SPREAD_MS),
      reader,
      filter
    })
    const close = () => {
      stream.close()
      destroyLater(reply)
    }
    await openStreams.track({ caller, close }, () => stream.run()).catch(error => endBroken(reply, error))
  })

  fastify.decorate('pollTasks', async function pollTasks (request, reply, waitMs, reader, filter) {
    const { user: caller } = request
    const { id: userId } = caller
    openStreams.checkRoom(userId)
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const asked = { userId, epoch: feedEpoch, lastEventId: lastEventId(request), waitMs, reader, filter, signal: gone.signal }
    return await openStreams.track({ caller, close: () => gone.abort() }, () => readUpdates(db, feed, asked))
  })

  async function findTicketHolder (ticket: string): Promise<Caller | undefined> {
    const { session_id: sessionId, key_id: keyId } = await redeemTicket(db, ticket) ?? {}
    if (keyId) return await callers.findByKeyId(keyId)
    return sessionId ? await callers.findBySession(sessionId) : undefined
  }
}, { name: 'sse', fastify: '5.x', dependencies: ['database', 'auth', 'tasks'] })

/** HEAD has no body to wait for: nothing that a stream writes would ever send its headers. */
function endAfterHeaders ({ sse }: FastifyReply): void {
  sse.sendHeaders()
  sse.close()
}

/**
 * What has begun cannot be answered with an error as well; Fastify would try, and say "Reply was already sent". The
 * client sees its stream end and resumes from its cursor. Nobody misses one whose client has gone: it was not ended by us.
 */
function endBroken ({ raw, log }: FastifyReply, error: unknown): void {
  if (!raw.headersSent) throw error
  if (raw.writableEnded) log.warn({ err: error }, 'a stream broke off')
}

/** The header counts before the query: a reconnecting EventSource sends it, and keeps the address it began with. */
function lastEventId (request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id']
  return (typeof header === 'string' ? header : undefined) ?? (request.query as StreamQuery).lastEventId
}

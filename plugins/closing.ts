import fp from 'fastify-plugin'
import { ReelayError } from '../server/errors.ts'

type Stop = () => unknown

declare module 'fastify' {
  interface FastifyInstance {
    /** Has work ended before the requests are, beside all else that ends then: Fastify's own preClose hooks wait for one another. */
    stopFirst: (name: string, stop: Stop) => void
    /** Lets go of a resource when all requests are over; the last one acquired goes first. */
    release: (name: string, stop: Stop) => void
  }
}

/** Milliseconds from the start of the stop to the moment at which each part of it is over, done or not. */
interface Shares { work: number, requests: number, resources: number }

/** Submissions are given 12 s (`CLOSE_WAIT_MS`), the process 14.5 (`CLOSE_MS`). */
const SHARES: Shares = { work: 12_800, requests: 13_300, resources: 14_000 }
const CONNECTION_CHECK_MS = 100

/**
 * From the start of a graceful stop, new requests are sent elsewhere in the usual envelope; what had begun is finished.
 * Whatever does not end within its share is left behind: a database or a client that went silent must not hold up the stop.
 */
export default fp<{ shares?: Shares }>(async function closingPlugin (fastify, { shares = SHARES }) {
  const { log, server } = fastify
  const work: Array<() => Promise<void>> = []
  let startedAt: number | undefined
  let connectionCheck: NodeJS.Timeout | undefined
  let requests = 0

  fastify.decorate('stopFirst', (name: string, stop: Stop) => { work.push(() => end(name, stop, shares.work)) })
  fastify.decorate('release', (name: string, stop: Stop) => { fastify.addHook('onClose', () => end(name, stop, shares.resources)) })

  const requestEnded = () => { requests-- }
  server.on('request', (_request, response) => {
    requests++
    response.on('close', requestEnded)
  })

  fastify.addHook('preClose', async () => {
    startedAt = performance.now()
    connectionCheck = setInterval(closeConnections, CONNECTION_CHECK_MS)
    await Promise.all(work.map(stop => stop()))
  })
  fastify.addHook('onClose', async () => clearInterval(connectionCheck))
  fastify.addHook('onRequest', async () => {
    if (startedAt !== undefined) throw new ReelayError('SERVER_STOPPING')
  })
  // So that the client of a reply in flight does not use its connection again.
  fastify.addHook('onSend', async (_request, reply) => { if (startedAt !== undefined) reply.header('connection', 'close') })

  function leftMs (share: number): number {
    startedAt ??= performance.now()
    return Math.max(0, startedAt + share - performance.now())
  }

  async function end (name: string, stop: Stop, share: number): Promise<void> {
    const { promise: timeUp, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      log.warn({ name }, 'it takes too long to stop and is left behind')
      resolve()
    }, leftMs(share))
    await Promise.race([(async () => { await stop() })(), timeUp]).catch(error => log.error({ err: error, name }, 'it did not stop cleanly'))
    clearTimeout(timer)
  }

  /**
   * Node closes idle connections once, when it stops listening, and waits for all others. One whose last reply ends
   * later would be kept alive for its client; one that never sent a whole request (browsers open some ahead of need)
   * does not count as idle.
   */
  function closeConnections (): void {
    if (server.listening) return
    server.closeIdleConnections()
    const late = leftMs(shares.requests) === 0
    if (late && requests > 0) log.warn({ requests }, 'requests take too long and are broken off')
    if (late || requests === 0) server.closeAllConnections()
  }
}, { name: 'closing', fastify: '5.x', dependencies: ['error-handler'] })

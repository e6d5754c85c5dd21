import fp from 'fastify-plugin'
import { ReelayError } from '../server/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Has work ended before the requests are, beside all else that ends then: Fastify's own preClose hooks wait for one another. */
    stopFirst: (stop: () => Promise<unknown>) => void
  }
}

const IDLE_CHECK_MS = 100

/** From the start of a graceful stop, new requests are sent elsewhere in the usual envelope; what had begun is finished. */
export default fp(async function closingPlugin (fastify) {
  let closing = false
  let idleCheck: NodeJS.Timeout | undefined
  const stops: Array<() => Promise<unknown>> = []
  fastify.decorate('stopFirst', (stop: () => Promise<unknown>) => { stops.push(stop) })
  fastify.addHook('preClose', async () => {
    closing = true
    // Node closes the idle connections once, when it stops listening. One whose last reply or stream ends later would
    // be kept alive for its client, and waited for.
    idleCheck = setInterval(() => { if (!fastify.server.listening) fastify.server.closeIdleConnections() }, IDLE_CHECK_MS)
    await Promise.all(stops.map(stop => stop()))
  })
  fastify.addHook('onClose', async () => clearInterval(idleCheck))
  fastify.addHook('onRequest', async () => {
    if (closing) throw new ReelayError('SERVER_STOPPING')
  })
  // So that the client of a reply in flight does not use its connection again.
  fastify.addHook('onSend', async (_request, reply) => { if (closing) reply.header('connection', 'close') })
}, { name: 'closing', fastify: '5.x', dependencies: ['error-handler'] })

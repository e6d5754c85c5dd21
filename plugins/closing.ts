import fp from 'fastify-plugin'
import { ReelayError } from '../server/errors.ts'

/** From the start of a graceful stop, new requests are sent elsewhere in the usual envelope; what had begun is finished. */
export default fp(async function closingPlugin (fastify) {
  let closing = false
  fastify.addHook('preClose', async () => { closing = true })
  fastify.addHook('onRequest', async () => {
    if (closing) throw new ReelayError('SERVER_STOPPING')
  })
}, { name: 'closing', fastify: '5.x', dependencies: ['error-handler'] })

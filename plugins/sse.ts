import fastifySSE from '@fastify/sse'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Sink } from '../server/events/task-stream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The open streams: each is ended when the server closes. */
    openStreams: Set<{ close: () => void }>
    createSink: typeof createSink
  }
}

const HEARTBEAT_MS = 15_000
/** A socket that takes nothing for this long is closed; its client resumes from its cursor. */
const DRAIN_MS = 30_000

export default fp(async function ssePlugin (fastify) {
  await fastify.register(fastifySSE.default, { heartbeatInterval: HEARTBEAT_MS })
  const openStreams = new Set<{ close: () => void }>()
  fastify.decorate('openStreams', openStreams)
  fastify.decorate('createSink', createSink)
  // close() waits for open responses, so streams must end before it does.
  fastify.addHook('preClose', async () => {
    for (const stream of openStreams) stream.close()
  })
}, { name: 'sse', fastify: '5.x' })

/**
 * A sink over `reply.sse` with what @fastify/sse 0.6 lacks: no line break gets into an id, a write to a socket that
 * closes or never drains ends instead of waiting for ever.
 */
function createSink (reply: FastifyReply, onGone: () => void): Sink {
  const gone = Promise.withResolvers<void>()
  reply.raw.once('close', () => {
    gone.resolve()
    onGone()
  })
  return {
    write: async ({ id, retry, data }) => {
      if (!reply.sse.isConnected) return
      const stuck = setTimeout(() => reply.raw.destroy(), DRAIN_MS)
      await Promise.race([reply.sse.send({ id: id?.replace(/[\r\n\0]/g, ''), retry, data }), gone.promise])
      clearTimeout(stuck)
    },
    close: () => reply.sse.close()
  }
}

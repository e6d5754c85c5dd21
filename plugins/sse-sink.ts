import type { FastifyReply } from 'fastify'
import type { Sink } from '../server/events/task-stream.ts'

/** A socket that takes nothing for this long is closed; its client resumes from its cursor. */
const DRAIN_MS = 30_000
/** What a stream still holds when it is closed is sent within this; a server that stops waits for it. */
const LINGER_MS = 2_000

/**
 * A sink over `reply.sse` with what @fastify/sse 0.6 lacks: no line break gets into an id, a write to a socket that
 * closes or never drains ends instead of waiting for ever.
 */
export function createSink (reply: FastifyReply, onGone: () => void, drainMs = DRAIN_MS): Sink {
  let abandon = () => {}
  reply.raw.once('close', () => {
    abandon()
    onGone()
  })
  return {
    write: async ({ id, retry, data }) => {
      if (!reply.sse.isConnected) return
      // No race with one promise for "gone": each frame would leave a reaction with it for as long as the stream is open.
      const { promise: written, resolve, reject } = Promise.withResolvers<void>()
      abandon = resolve
      const stuck = setTimeout(() => reply.raw.destroy(), drainMs)
      reply.sse.send({ id: id?.replace(/[\r\n\0]/g, ''), retry, data }).then(resolve, reject)
      await written.finally(() => clearTimeout(stuck))
    },
    close: () => {
      reply.sse.close()
      destroyLater(reply)
    }
  }
}

/** Unless the client takes what is left, nobody waits for it. */
export function destroyLater ({ raw }: FastifyReply): void {
  const patience = setTimeout(() => raw.destroy(), LINGER_MS)
  raw.once('close', () => clearTimeout(patience))
  if (raw.closed) clearTimeout(patience)
}

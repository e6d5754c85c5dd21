import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { TaskStream } from '../../server/events/task-stream.ts'
import { ErrorSchema } from './envelope.ts'
import { FrameSchema } from './video/schemas.ts'
import { contentUrls } from './video/task-request.ts'

/** Reconnecting clients spread over this time, so that a restart is no stampede. */
const RETRY_MIN_MS = 1_000
const RETRY_SPREAD_MS = 4_000

const sseRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, feed, feedEpoch, authenticate, openStreams, createSink } = fastify
  const contentUrl = contentUrls(fastify)

  fastify.get('/task-updates', {
    sse: 'only',
    onRequest: authenticate,
    schema: {
      summary: 'Watch my tasks (Server-Sent Events)',
      description: 'Every change of the caller\'s tasks. Resumes after Last-Event-ID (header or lastEventId); begins with the state of the active tasks, closed by snapshotEnd.',
      tags: ['events'],
      querystring: Type.Object({ lastEventId: Type.Optional(Type.String({ maxLength: 200 })) }),
      response: { 200: { description: 'A stream; each data line is one of these', content: { 'text/event-stream': { schema: FrameSchema } } }, '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    reply.header('cache-control', 'no-cache, no-transform')
    const sink = createSink(reply, () => stream.close())
    const stream = new TaskStream(db, feed, sink, {
      userId: request.user.id,
      epoch: feedEpoch,
      lastEventId: request.headers['last-event-id'] as string | undefined ?? request.query.lastEventId,
      retryMs: Math.round(RETRY_MIN_MS + Math.random() * RETRY_SPREAD_MS),
      reader: { locale: request.locale, contentUrl },
      matches: () => true
    })
    openStreams.add(stream)
    try {
      await stream.run()
    } finally {
      openStreams.delete(stream)
    }
  })
}

export default sseRoutes

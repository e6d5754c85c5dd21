import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { createTicket } from '../../server/events/tickets.ts'
import { ErrorSchema, Instant, noStore, Ok, ok } from './envelope.ts'
import { taskScopes } from '../scopes.ts'
import { createFilter, StreamFilters } from './stream-filters.ts'
import { FrameSchema } from './video/schemas.ts'
import { contentUrls } from './video/task-request.ts'

const UpdatesQuery = Type.Object({
  ...StreamFilters,
  lastEventId: Type.Optional(Type.String({ description: 'Resume after this id, as the header Last-Event-ID does' })),
  ticket: Type.Optional(Type.String({ description: 'From POST /api/sse/tickets, for an EventSource that can send no header' })),
  wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 55, description: 'Answer as JSON instead, after at most so many seconds: for networks that hold streams back' }))
}, { additionalProperties: false })

const UpdatesSchema = Type.Object({
  lastEventId: Type.String({ description: 'Give it back as lastEventId' }),
  reset: Type.Boolean({ description: 'The cursor was too old or not ours: read the list again' }),
  updates: Type.Array(FrameSchema)
}, { title: 'Updates' })

const sseRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, authenticate, authenticateStream, pollTasks, streamTasks } = fastify
  const contentUrl = contentUrls(fastify)
  fastify.addHook('onRoute', taskScopes)

  fastify.get('/task-updates', {
    // No negotiation: `wait` says which of the two it is.
    sse: 'manual',
    onRequest: authenticateStream,
    schema: {
      summary: 'Watch my tasks',
      description: 'Every change of the caller\'s tasks, as Server-Sent Events, and batches that have finished. Resumes after Last-Event-ID (header or lastEventId); begins with the state of the active tasks, closed by snapshotEnd. With wait it is a long poll instead: the changes after lastEventId as JSON, or without one the active tasks at once.',
      tags: ['events'],
      querystring: UpdatesQuery,
      response: {
        200: {
          description: 'A stream, each data line an Update; or, with wait, JSON',
          content: { 'text/event-stream': { schema: FrameSchema }, 'application/json': { schema: Ok(UpdatesSchema) } }
        },
        '4xx': ErrorSchema
      }
    }
  }, async (request, reply) => {
    const { wait, ...filters } = request.query
    const reader = { locale: request.locale, contentUrl }
    const filter = createFilter(filters)
    if (wait === undefined) return await streamTasks(request, reply, reader, filter)
    const updates = await pollTasks(request, reply, wait * 1_000, reader, filter)
    return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(ok(reply, updates))
  })

  fastify.post('/tickets', {
    config: { scope: 'tasks:read' },
    onRequest: [authenticate, noStore],
    schema: {
      summary: 'A one-time ticket for EventSource',
      description: 'Opens one stream within 30 seconds: GET /api/sse/task-updates?ticket=…',
      tags: ['events'],
      response: { 201: Ok(Type.Object({ ticket: Type.String(), expiresAt: Instant })), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const ticket = await createTicket(db, request.user)
    reply.code(201)
    return ok(reply, ticket)
  })
}

export default sseRoutes

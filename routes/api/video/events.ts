import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { listTimeline, reasonOf, type TimelineEvent } from '../../../server/events/event-log.ts'
import type { Locale } from '../../../server/locales/choose-locale.ts'
import { presentError } from '../../../server/tasks/present-task.ts'
import { TASK_STATUSES } from '../../../server/tasks/statuses.ts'
import { findOwnTaskOrThrow } from '../../../server/tasks/task-repository.ts'
import { ErrorSchema, Instant, Ok, ok } from '../envelope.ts'
import { createFilter } from '../stream-filters.ts'
import { taskScopes } from '../../scopes.ts'
import { FrameSchema, TaskParams } from './schemas.ts'
import { contentUrls } from './task-request.ts'

const EventSchema = Type.Object({
  kind: Type.Enum(['status', 'note']),
  attempt: Type.Integer(),
  status: Type.Enum([...TASK_STATUSES]),
  stage: Type.String(),
  progress: Type.Integer(),
  errorCode: Type.Union([Type.String(), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
  detail: Type.Unknown(),
  createdAt: Instant
}, { title: 'TaskEvent' })

const TimelineSchema = Type.Object({ events: Type.Array(EventSchema) })

const eventsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, authenticateStream, streamTasks } = fastify
  const contentUrl = contentUrls(fastify)
  fastify.addHook('onRoute', taskScopes)

  fastify.get('/:videoId/events', {
    sse: 'dual',
    onRequest: authenticateStream,
    schema: {
      summary: 'What happened to a task',
      description: 'The timeline as JSON; asked for text/event-stream, the stream of this one task, which begins with its present state, also when it has ended.',
      tags: ['events'],
      params: TaskParams,
      querystring: Type.Object({ lastEventId: Type.Optional(Type.String()), ticket: Type.Optional(Type.String()) }, { additionalProperties: false }),
      response: {
        200: {
          description: 'The timeline, oldest first; or a stream, each data line an Update',
          content: { 'application/json': { schema: Ok(TimelineSchema) }, 'text/event-stream': { schema: FrameSchema } }
        },
        '4xx': ErrorSchema
      }
    }
  }, async (request, reply) => {
    const { id } = await findOwnTaskOrThrow(db, request.user.id, request.params.videoId)
    if (reply.sse) return await streamTasks(request, reply, { locale: request.locale, contentUrl }, createFilter({ videoId: id }))

    const events = await listTimeline(db, id)
    return reply
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(ok(reply, { events: events.map(event => presentEvent(event, request.locale)) }))
  })
}

function presentEvent (event: TimelineEvent, locale: Locale) {
  const { errorCode, errorMessage } = presentError({ ...event, error_detail: reasonOf(event) }, locale)
  return {
    kind: event.kind,
    attempt: event.attempt,
    status: event.status,
    stage: event.stage,
    progress: event.progress,
    errorCode,
    error: errorMessage,
    detail: event.detail,
    createdAt: event.created_at
  }
}

export default eventsRoutes

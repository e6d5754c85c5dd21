import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { TaskEvent } from '../../../server/database/tables.ts'
import { listTimeline, reasonOf } from '../../../server/events/event-log.ts'
import { presentError } from '../../../server/tasks/present-task.ts'
import type { Locale } from '../../../server/errors.ts'
import { TASK_STATUSES } from '../../../server/tasks/statuses.ts'
import { findOwnTaskOrThrow } from '../../../server/tasks/task-repository.ts'
import { ErrorSchema, Instant, noStore, Ok, ok } from '../envelope.ts'
import { TaskParams } from './schemas.ts'

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

const eventsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, authenticate } = fastify

  fastify.get('/:videoId/events', {
    onRequest: [authenticate, noStore],
    schema: {
      summary: 'What happened to a task',
      tags: ['events'],
      params: TaskParams,
      response: { 200: Ok(Type.Object({ events: Type.Array(EventSchema) })), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = await findOwnTaskOrThrow(db, request.user.id, request.params.videoId)
    const events = await listTimeline(db, id)
    return ok(reply, { events: events.map(event => presentEvent(event, request.locale)) })
  })
}

function presentEvent (event: TaskEvent, locale: Locale) {
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

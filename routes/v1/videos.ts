import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { invalidField } from '../../server/errors.ts'
import { cancelTask } from '../../server/tasks/cancel-task.ts'
import { createTask } from '../../server/tasks/create-task.ts'
import { deleteTask } from '../../server/tasks/delete-task.ts'
import { pollAfterMs, presentOpenaiVideo } from '../../server/tasks/present-openai-video.ts'
import { remixTask } from '../../server/tasks/remix-task.ts'
import { findOwnTaskOrThrow, findPagePosition, listOwnTasks, type TaskView } from '../../server/tasks/task-repository.ts'
import { noStore } from '../api/envelope.ts'
import { TaskHeaders } from '../api/video/schemas.ts'
import { requesterOf } from '../api/video/task-request.ts'
import { failures, VideoBodySchema, VideoDeletedSchema, VideoFormSchema, VideoListQuery, VideoListSchema, VideoParams, VideoSchema } from './schemas.ts'
import { readVideoForm } from './video-form.ts'
import { videoInput } from './video-request.ts'

/** A data URL of 20 MiB, and the rest. */
const BODY_LIMIT = 24 * 1024 * 1024

/** OpenAI's Videos API over the same tasks: another wire, no other rules. */
const videosRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, submissions, db, authenticate } = fastify
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/videos', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm,
    schema: {
      summary: 'Create a video',
      description: 'JSON or multipart/form-data, as the SDKs send it.',
      tags: ['openai'],
      headers: TaskHeaders,
      body: VideoBodySchema,
      form: VideoFormSchema,
      response: { 200: VideoSchema, ...failures }
    }
  }, async (request, reply) => {
    const { videoId } = await createTask(context, submissions, requesterOf(request), await videoInput(fastify, request))
    return await sendVideo(request, reply, videoId)
  })

  fastify.post('/videos/:video_id/remix', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm,
    schema: {
      summary: 'Remix a finished video',
      tags: ['openai'],
      params: VideoParams,
      headers: TaskHeaders,
      body: VideoBodySchema,
      form: VideoFormSchema,
      response: { 200: VideoSchema, ...failures }
    }
  }, async (request, reply) => {
    const { videoId } = await remixTask(context, submissions, requesterOf(request), request.params.video_id, await videoInput(fastify, request))
    return await sendVideo(request, reply, videoId)
  })

  fastify.get('/videos', {
    schema: { summary: 'List my videos', tags: ['openai'], querystring: VideoListQuery, response: { 200: VideoListSchema, ...failures } }
  }, async (request, reply) => {
    const { after, limit, order } = request.query
    const { tasks, nextCursor } = await listOwnTasks(db, request.user.id, { limit, order, cursor: after === undefined ? undefined : await positionOf(request.user.id, after) })
    tellWhenToLook(reply, tasks)
    const data = tasks.map(task => presentOpenaiVideo(task, request.locale))
    return { object: 'list' as const, data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: nextCursor !== null }
  })

  fastify.get('/videos/:video_id', {
    schema: { summary: 'Read a video\'s state', tags: ['openai'], params: VideoParams, response: { 200: VideoSchema, ...failures } }
  }, async (request, reply) => await sendVideo(request, reply, request.params.video_id))

  fastify.delete('/videos/:video_id', {
    schema: { summary: 'Delete a video', description: 'One that is being made is cancelled first; where that cannot be, 409.', tags: ['openai'], params: VideoParams, response: { 200: VideoDeletedSchema, ...failures } }
  }, async request => {
    const { video_id: id } = request.params
    await deleteTask(context, request.user.id, id)
    return { id, object: 'video.deleted' as const, deleted: true as const }
  })

  fastify.post('/videos/:video_id/cancel', {
    schema: { summary: 'Cancel a video that is being made', description: 'Not in OpenAI\'s API; other servers have it under this path. What cannot be cancelled stays as it is.', tags: ['openai'], params: VideoParams, response: { 200: VideoSchema, ...failures } }
  }, async (request, reply) => {
    const { video_id: id } = request.params
    await cancelTask(context, request.user.id, id)
    return await sendVideo(request, reply, id)
  })

  async function sendVideo (request: FastifyRequest, reply: FastifyReply, id: string) {
    const task = await findOwnTaskOrThrow(db, request.user.id, id)
    tellWhenToLook(reply, [task])
    return presentOpenaiVideo(task, request.locale)
  }

  async function positionOf (userId: string, id: string) {
    const position = await findPagePosition(db, userId, id)
    if (!position) throw invalidField('after', 'is not the id of a video')
    return position
  }
}

/** For clients that poll: the soonest that any of these can have changed. */
function tellWhenToLook (reply: FastifyReply, tasks: TaskView[]): void {
  const now = new Date()
  const waits = tasks.map(task => pollAfterMs(task, now)).filter(wait => wait !== undefined)
  if (waits.length > 0) reply.header('openai-poll-after-ms', String(Math.min(...waits)))
}

export default videosRoutes

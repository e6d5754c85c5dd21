import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { invalidField } from '../../server/errors.ts'
import { cancelTask } from '../../server/tasks/cancel-task.ts'
import { createTask } from '../../server/tasks/create-task.ts'
import { deleteTask } from '../../server/tasks/delete-task.ts'
import { presentOpenaiVideo } from '../../server/tasks/present-openai-video.ts'
import { findPagePosition, listOwnTasks } from '../../server/tasks/task-repository.ts'
import { noStore } from '../api/envelope.ts'
import { TaskHeaders } from '../api/video/schemas.ts'
import { requesterOf } from '../api/video/task-request.ts'
import { taskScopes } from '../scopes.ts'
import { failures, VideoBodySchema, VideoDeletedSchema, VideoFormSchema, VideoListQuery, VideoListSchema, VideoParams, VideoSchema } from './schemas.ts'
import { sendVideo, tellWhenToLook } from './send-video.ts'
import { BODY_LIMIT, readVideoForm } from './video-form.ts'
import { videoInput } from './video-request.ts'

/** OpenAI's Videos API over the same tasks: another wire, no other rules. */
const videosRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, submissions, db, authenticate } = fastify
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/videos', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm(['input_reference']),
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
    return await sendVideo(fastify, request, reply, videoId)
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
  }, async (request, reply) => await sendVideo(fastify, request, reply, request.params.video_id))

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
    return await sendVideo(fastify, request, reply, id)
  })

  async function positionOf (userId: string, id: string) {
    const position = await findPagePosition(db, userId, id)
    if (!position) throw invalidField('after', 'is not the id of a video')
    return position
  }
}

export default videosRoutes

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { invalidField } from '../../server/errors.ts'
import { deriveFromUpload, deriveTask } from '../../server/tasks/derive-task.ts'
import { noStore } from '../api/envelope.ts'
import { TaskHeaders } from '../api/video/schemas.ts'
import { requesterOf } from '../api/video/task-request.ts'
import { taskScopes } from '../scopes.ts'
import { DerivationBodySchema, DerivationFormSchema, ExtensionBodySchema, failures, VideoBodySchema, VideoFormSchema, VideoParams, VideoSchema } from './schemas.ts'
import { sendVideo } from './send-video.ts'
import { BODY_LIMIT, readVideoForm } from './video-form.ts'
import { videoInput } from './video-request.ts'

/** New videos from videos: one of the caller's own by its id, or, for edits and extensions, an uploaded file. */
const videoDerivationsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, submissions, authenticate } = fastify
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/videos/:video_id/remix', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm(['input_reference']),
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
    const { videoId } = await deriveTask(context, submissions, requesterOf(request), 'remix', request.params.video_id, await videoInput(fastify, request))
    return await sendVideo(fastify, request, reply, videoId)
  })

  fastify.post('/videos/edits', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm(['video']),
    schema: {
      summary: 'Edit a video',
      description: 'Where the channel\'s provider can.',
      tags: ['openai'],
      headers: TaskHeaders,
      body: DerivationBodySchema,
      form: DerivationFormSchema,
      response: { 200: VideoSchema, ...failures }
    }
  }, async (request, reply) => await sendVideo(fastify, request, reply, await derive(request, 'edit')))

  fastify.post('/videos/extensions', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm(['video']),
    schema: {
      summary: 'Make a video longer',
      description: 'By `seconds`, where the channel\'s provider can; the result\'s `seconds` are the whole.',
      tags: ['openai'],
      headers: TaskHeaders,
      body: ExtensionBodySchema,
      form: DerivationFormSchema,
      response: { 200: VideoSchema, ...failures }
    }
  }, async (request, reply) => await sendVideo(fastify, request, reply, await derive(request, 'extend')))

  async function derive (request: FastifyRequest<{ Body: Static<typeof DerivationBodySchema> }>, operation: 'edit' | 'extend'): Promise<string> {
    const { video } = request.body
    if ((video === undefined) === (request.formVideo === undefined)) throw invalidField('video', 'must be a file or the id of a finished video')
    const requester = requesterOf(request)
    const input = await videoInput(fastify, request)
    const { videoId } = video
      ? await deriveTask(context, submissions, requester, operation, video.id, input)
      : await deriveFromUpload(context, submissions, requester, operation, { ...input, video: request.formVideo })
    return videoId
  }
}

export default videoDerivationsRoutes

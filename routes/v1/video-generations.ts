import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { invalidField } from '../../server/errors.ts'
import { checkImage } from '../../server/media/input-image.ts'
import { createTask } from '../../server/tasks/create-task.ts'
import { presentNewApiTask } from '../../server/tasks/present-new-api-task.ts'
import { findOwnTaskOrThrow } from '../../server/tasks/task-repository.ts'
import type { TaskInput } from '../../server/tasks/task-input.ts'
import { noStore } from '../api/envelope.ts'
import { TaskHeaders } from '../api/video/schemas.ts'
import { contentUrls, requesterOf } from '../api/video/task-request.ts'
import { taskScopes } from '../scopes.ts'
import { VideoBodySchema, VideoFormSchema, VideoSchema } from './schemas.ts'
import { sendVideo } from './send-video.ts'
import { BODY_LIMIT, MAX_REFERENCE_BYTES, readVideoForm } from './video-form.ts'
import { videoInput } from './video-request.ts'

const { size, seconds } = VideoBodySchema.properties
const Image = Type.String({ minLength: 1, maxLength: 20_971_520 })
const Pixels = Type.Integer({ minimum: 16, maximum: 16_384 })

/** New API's own names beside those of the Videos API. */
const GenerationBody = Type.Object({
  ...VideoBodySchema.properties,
  size,
  width: Type.Optional(Pixels),
  height: Type.Optional(Pixels),
  duration: seconds,
  image: Type.Optional(Type.String({ minLength: 1, maxLength: 20_971_520, description: 'An https or data URL, or base64' })),
  images: Type.Optional(Type.Array(Image, { maxItems: 10, description: 'The first is the reference' })),
  n: Type.Optional(Type.Integer({ minimum: 1, maximum: 1 }))
}, { title: 'VideoGenerationRequest', examples: [{ model: 'sora-2', prompt: 'A small cat joins the game', duration: 4 }] })

const GenerationForm = Type.Object({ ...GenerationBody.properties, input_reference: VideoFormSchema.properties.input_reference }, { title: 'VideoGenerationForm' })

const Submitted = Type.Object({ ...VideoSchema.properties, task_id: Type.String() }, { title: 'VideoGenerationSubmitted' })

const GenerationSchema = Type.Object({
  code: Type.Literal('success'),
  message: Type.String(),
  data: Type.Object({
    id: Type.String(),
    task_id: Type.String(),
    action: Type.String(),
    status: Type.Enum(['QUEUED', 'IN_PROGRESS', 'SUCCESS', 'FAILURE']),
    fail_reason: Type.String(),
    result_url: Type.String({ description: 'Needs no header, opens for 24 hours; absolute with PUBLIC_URL, else a path' }),
    progress: Type.String({ description: 'Like 30%' }),
    created_at: Type.Integer(),
    updated_at: Type.Integer(),
    submit_time: Type.Integer(),
    start_time: Type.Integer(),
    finish_time: Type.Integer(),
    properties: Type.Object({ input: Type.String(), origin_model_name: Type.String() })
  })
}, { title: 'VideoGeneration' })

const Failure = Type.Object({ code: Type.String(), message: Type.String(), data: Type.Null() }, { title: 'VideoGenerationError' })
const failures = { '4xx': Failure, '5xx': Failure }

/** New API's older pair of operations, so that its clients can move over: another wording of the same tasks. */
const videoGenerationsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, submissions, db, authenticate } = fastify
  const contentUrl = contentUrls(fastify)
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/video/generations', {
    bodyLimit: BODY_LIMIT,
    preValidation: readVideoForm(['input_reference']),
    schema: { summary: 'Create a video, as clients of New API ask for it', tags: ['openai'], headers: TaskHeaders, body: GenerationBody, form: GenerationForm, response: { 200: Submitted, ...failures } }
  }, async (request, reply) => {
    const { videoId } = await createTask(context, submissions, requesterOf(request), await generationInput(fastify, request))
    return { ...await sendVideo(fastify, request, reply, videoId), task_id: videoId }
  })

  fastify.get('/video/generations/:task_id', {
    schema: { summary: 'Read a video\'s state, as clients of New API do', tags: ['openai'], params: Type.Object({ task_id: Type.String() }), response: { 200: GenerationSchema, ...failures } }
  }, async ({ user, params, locale }) => ({
    code: 'success' as const,
    message: '',
    data: presentNewApiTask(await findOwnTaskOrThrow(db, user.id, params.task_id), { locale, contentUrl })
  }))
}

/** Its words become those of the Videos API. */
async function generationInput (fastify: FastifyInstance, request: FastifyRequest<{ Body: Static<typeof GenerationBody> }>): Promise<TaskInput> {
  const { width, height, duration, image, images, n: _one, ...body } = request.body
  const reference = image ?? images?.[0]
  if (reference !== undefined && body.input_reference !== undefined) throw invalidField('image', 'and input_reference say the same; give one of them')
  if (duration !== undefined && body.seconds !== undefined && Number(duration) !== Number(body.seconds)) throw invalidField('duration', 'differs from seconds; give one of them')
  if ((width === undefined) !== (height === undefined)) throw invalidField(width === undefined ? 'width' : 'height', 'is missing: give both or size')
  if (reference !== undefined && !/^(https?|data):/i.test(reference)) request.formImage = await readBase64(fastify, reference)
  request.body = {
    ...body,
    size: body.size ?? (width === undefined ? undefined : `${width}x${height}`),
    seconds: body.seconds ?? duration,
    input_reference: request.formImage ? body.input_reference : body.input_reference ?? reference
  }
  return await videoInput(fastify, request)
}

async function readBase64 ({ imageDecoder }: FastifyInstance, text: string) {
  if (!/^[\w+/-]+={0,2}$/.test(text)) throw invalidField('image', 'must be an https URL, a data URL or base64')
  const image = checkImage(Buffer.from(text, 'base64'), 'image', MAX_REFERENCE_BYTES)
  await imageDecoder.check(image, 'image')
  return image
}

export default videoGenerationsRoutes

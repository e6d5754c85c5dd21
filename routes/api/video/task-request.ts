import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidField } from '../../../server/errors.ts'
import { contentUrlKey, signContentUrl } from '../../../server/media/signed-urls.ts'
import type { Requester } from '../../../server/tasks/accept-task.ts'
import type { Reader } from '../../../server/tasks/present-task.ts'
import type { TaskInput } from '../../../server/tasks/task-input.ts'
import { checkWebhookUrl } from '../../../server/webhooks/webhook-url.ts'
import { imageReader } from '../../image-reader.ts'
import type { TaskBody } from './schemas.ts'
import { taskImages } from './task-images.ts'

/** What of a request is read here: an item of a batch looks the same. */
type TaskRequest = Pick<FastifyRequest<{ Body: TaskBody }>, 'body' | 'formImage' | 'formFrames'>

/** The wire's words become the domain's: one duration, images by their bytes. */
export async function taskInput (fastify: FastifyInstance, request: TaskRequest, readImage = imageReader(fastify)): Promise<TaskInput> {
  const { seconds, duration, inputReference: _image, firstFrame: _first, lastFrame: _last, referenceImages: _references, dryRun: _dry, ...fields } = request.body
  if (seconds !== undefined && duration !== undefined && Number(seconds) !== duration) throw invalidField('seconds', 'differs from duration; give one of them')
  if (fields.size !== undefined && fields.aspectRatio !== undefined) throw invalidField('aspectRatio', 'and size say the same; give one of them')
  if (fields.callbackUrl !== undefined) checkWebhookUrl('callbackUrl', fields.callbackUrl, fastify.config)
  return {
    ...fields,
    duration: duration ?? (seconds === undefined ? undefined : Number(seconds)),
    ...await taskImages(readImage, request)
  }
}

export function requesterOf (request: FastifyRequest): Requester {
  const key = request.headers['idempotency-key']
  return { userId: request.user.id, requestId: request.id, idempotencyKey: typeof key === 'string' ? key : undefined, sdkTry: sdkTryOf(request) }
}

/** The SDKs of OpenAI number the tries of a request from 0. */
function sdkTryOf ({ headers, raw: { socket } }: FastifyRequest): Requester['sdkTry'] {
  const retries = headers['x-stainless-retry-count']
  if (typeof retries !== 'string' || !/^\d{1,3}$/.test(retries)) return undefined
  return { retries: Number(retries), startedAt: performance.now(), isGone: () => socket.destroyed || socket.readableEnded }
}

/** How this process signs the content addresses it hands out. */
export function contentUrls ({ config, secrets }: FastifyInstance): Reader['contentUrl'] {
  const key = contentUrlKey(secrets.encryption)
  return (videoId, variant) => signContentUrl({ key, videoId, variant, now: new Date(), publicUrl: config.PUBLIC_URL })
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidField } from '../../server/errors.ts'
import type { TaskInput } from '../../server/tasks/task-input.ts'
import type { InputImage } from '../../server/upstreams/upstream.ts'
import type { VideoBody } from './schemas.ts'
import { imageReader } from '../image-reader.ts'
import { MAX_REFERENCE_BYTES } from './video-form.ts'

const FIELD = 'input_reference'

/** The contract's words become the domain's. What the contract does not know goes to the provider as it is. */
export async function videoInput (fastify: FastifyInstance, request: FastifyRequest<{ Body: VideoBody & { video?: unknown } }>): Promise<TaskInput> {
  const { video: _source, prompt, model, seconds, size, input_reference: reference, characters, aspect_ratio: aspectRatio, seed, negative_prompt: negativePrompt, watermark, metadata, ...parameters } = request.body
  if (size !== undefined && aspectRatio !== undefined) throw invalidField('aspect_ratio', 'and size say the same; give one of them')
  if (request.formImage && reference !== undefined) throw invalidField(FIELD, 'is given twice')
  return {
    prompt,
    model,
    size,
    aspectRatio,
    seed,
    negativePrompt,
    characters: characters?.map(({ id }) => id),
    watermark,
    metadata,
    parameters: Object.keys(parameters).length > 0 ? parameters : undefined,
    duration: seconds === undefined ? undefined : Number(seconds),
    image: request.formImage ?? (reference === undefined ? undefined : await readReference(fastify, reference))
  }
}

async function readReference (fastify: FastifyInstance, reference: NonNullable<VideoBody['input_reference']>): Promise<InputImage> {
  const { image_url: url, file_id: fileId } = typeof reference === 'string' ? { image_url: reference } : reference
  if ((url === undefined) === (fileId === undefined)) throw invalidField(FIELD, 'must have exactly one of image_url and file_id')
  if (url === undefined) throw invalidField(FIELD, 'with a file_id is not taken: there is no store of uploaded files; give image_url or a file')
  return await imageReader(fastify, MAX_REFERENCE_BYTES)(url, FIELD)
}

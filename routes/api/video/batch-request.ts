import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { BatchRequest } from '../../../server/batches/create-batch.ts'
import type { BatchItem } from '../../../server/batches/plan-batch.ts'
import { invalidField, ReelayError, type FieldError } from '../../../server/errors.ts'
import type { Locale } from '../../../server/locales/choose-locale.ts'
import { hashJson } from '../../../server/tasks/task-input.ts'
import { imageReader, type ReadImage } from '../../image-reader.ts'
import { BatchItemSchema, MAX_ITEMS, type BatchBody, type BatchItemBody } from './batch-schemas.ts'
import { rememberingReader } from './task-images.ts'
import { requesterOf, taskInput } from './task-request.ts'

/** Two words for one thing: an item that says one of them does not inherit the other. */
const SYNONYMS = [['size', 'aspectRatio'], ['duration', 'seconds']] as const

/** Reads the items one by one: what is wrong with one is its own refusal. */
export function batchReader (fastify: FastifyInstance): (request: FastifyRequest<{ Body: BatchBody }>) => Promise<BatchRequest> {
  const problemsOf = fastify.fieldChecker(BatchItemSchema)

  async function readItem (item: object, locale: Locale, readImage: ReadImage): Promise<BatchItem | ReelayError> {
    try {
      const problems = problemsOf(item, locale)
      if (problems.length > 0) throw invalidFields(problems)
      const { remixFrom, ...body } = item as BatchItemBody
      checkDataUrls(body)
      return { remixFrom, input: await taskInput(fastify, { body }, readImage) }
    } catch (error) {
      if (error instanceof ReelayError) return error
      throw error
    }
  }

  return async request => {
    const { body, locale } = request
    const items: BatchRequest['items'] = []
    const readImage = rememberingReader(imageReader(fastify))
    for (const item of itemsOf(body)) items.push(await readItem(withDefaults(item, body.defaults), locale, readImage))
    return { items, atomic: body.atomic ?? false, key: requesterOf(request).idempotencyKey ?? body.clientRequestId, hash: hashJson({ operation: 'batch', ...body }) }
  }
}

/** Hundreds of addresses would be read in one request. */
function checkDataUrls ({ inputReference, firstFrame, lastFrame, referenceImages = [] }: Partial<BatchItemBody>): void {
  for (const [field, references] of Object.entries({ inputReference: [inputReference], firstFrame: [firstFrame], lastFrame: [lastFrame], referenceImages })) {
    if (references.some(reference => reference !== undefined && !reference.startsWith('data:'))) throw invalidField(field, 'must be a data URL in a batch')
  }
}

function itemsOf ({ items, matrix }: BatchBody): object[] {
  if (items && matrix) throw invalidField('matrix', 'and items exclude each other; give one of them')
  if (items) return items
  if (!matrix) throw invalidField('items', 'is required, or matrix')
  const { sources, prompts } = matrix
  if (sources.length * prompts.length > MAX_ITEMS) throw invalidField('matrix', `must not be larger than ${MAX_ITEMS} videos`)
  return sources.flatMap(remixFrom => prompts.map(prompt => ({ remixFrom, prompt })))
}

function withDefaults (item: object, defaults: BatchBody['defaults'] = {}): object {
  const inherited: Record<string, unknown> = { ...defaults }
  for (const words of SYNONYMS) {
    if (words.some(word => Object.hasOwn(item, word))) for (const word of words) delete inherited[word]
  }
  return { ...inherited, ...item }
}

function invalidFields (details: FieldError[]): ReelayError {
  const [first] = details
  return new ReelayError('REQUEST_INVALID', { params: { reason: `${first!.field} ${first!.message}` }, details })
}

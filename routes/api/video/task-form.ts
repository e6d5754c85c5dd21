import type { FastifyRequest } from 'fastify'
import { checkImage, MAX_IMAGE_BYTES } from '../../../server/media/input-image.ts'
import type { InputImage } from '../../../server/upstreams/upstream.ts'
import { invalidField } from '../../../server/errors.ts'
import { readForm } from '../../multipart.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The file of a multipart form, already checked. */
    formImage?: InputImage
  }
}

const FILE_FIELD = 'input_reference'
const JSON_FIELDS = new Set(['parameters', 'metadata'])
const NUMBER_FIELDS = new Set(['duration', 'seed'])
/** A data URL of the largest image is the longest field; nothing else is long. */
const LIMITS = { file: MAX_IMAGE_BYTES, field: 15_000_000, fields: 16 * 1024 * 1024 }

/** preValidation: turns a multipart form into the body that JSON would have been, so that one schema checks both. */
export async function readTaskForm (request: FastifyRequest): Promise<void> {
  if (!request.isMultipart()) return
  const body: Record<string, unknown> = {}
  await readForm(request, LIMITS, {
    file (name, bytes) {
      if (name !== FILE_FIELD) throw invalidField(name, `is not a file field: the image goes into ${FILE_FIELD}`)
      if (request.formImage) throw invalidField(FILE_FIELD, 'is given twice')
      request.formImage = checkImage(bytes, FILE_FIELD)
    },
    field (name, text) {
      if (Object.hasOwn(body, name)) throw invalidField(name, 'is given twice')
      body[name] = readField(name, text)
    }
  })
  request.body = body
}

function readField (name: string, text: string): unknown {
  if (JSON_FIELDS.has(name)) return readJson(name, text)
  if (NUMBER_FIELDS.has(name)) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (name === 'watermark') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

function readJson (name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidField(name, 'must be JSON')
  }
}

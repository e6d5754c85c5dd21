import '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { checkImage } from '../../../server/media/input-image.ts'
import type { InputImage } from '../../../server/upstreams/upstream.ts'
import { invalidField } from '../../../server/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The file of a multipart form, already checked. */
    formImage?: InputImage
  }
}

const FILE_FIELD = 'input_reference'
const JSON_FIELDS = new Set(['parameters', 'metadata'])
const NUMBER_FIELDS = new Set(['duration', 'seed'])

/** preValidation: turns a multipart form into the body that JSON would have been, so that one schema checks both. */
export async function readTaskForm (request: FastifyRequest): Promise<void> {
  if (!request.isMultipart()) return
  const body: Record<string, unknown> = {}
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      if (part.fieldname !== FILE_FIELD) throw invalidField(part.fieldname, `is not a file field: the image goes into ${FILE_FIELD}`)
      request.formImage = checkImage(await part.toBuffer(), FILE_FIELD)
    } else {
      // The parser cuts a field that is too long without an error.
      if (part.valueTruncated) throw invalidField(part.fieldname, 'is too long')
      if (Object.hasOwn(body, part.fieldname)) throw invalidField(part.fieldname, 'is given twice')
      body[part.fieldname] = readField(part.fieldname, String(part.value))
    }
  }
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

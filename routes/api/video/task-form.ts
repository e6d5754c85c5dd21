import '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { checkImage } from '../../../server/media/input-image.ts'
import type { InputImage } from '../../../server/upstreams/upstream.ts'
import { ReelayError, invalidField, problem } from '../../../server/errors.ts'

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
  try {
    request.body = await readParts(request)
  } catch (error) {
    // What the parser says of a broken form has neither a code nor a class of its own.
    if (!(error instanceof Error) || error.constructor !== Error) throw error
    throw new ReelayError('REQUEST_INVALID', { params: { reason: problem('formInvalid', request.locale) }, cause: error })
  }
}

async function readParts (request: FastifyRequest): Promise<Record<string, unknown>> {
  const body: Record<string, unknown> = {}
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      if (part.fieldname !== FILE_FIELD) throw invalidField(part.fieldname, `is not a file field: the image goes into ${FILE_FIELD}`)
      if (request.formImage) throw invalidField(FILE_FIELD, 'is given twice')
      request.formImage = checkImage(await part.toBuffer(), FILE_FIELD)
    } else {
      // The parser cuts a field that is too long without an error.
      if (part.valueTruncated) throw invalidField(part.fieldname, 'is too long')
      if (Object.hasOwn(body, part.fieldname)) throw invalidField(part.fieldname, 'is given twice')
      body[part.fieldname] = readField(part.fieldname, String(part.value))
    }
  }
  return body
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

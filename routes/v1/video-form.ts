import type { FastifyRequest } from 'fastify'
import { invalidField } from '../../server/errors.ts'
import { checkImage } from '../../server/media/input-image.ts'
import { readForm } from '../multipart.ts'
import { setByName } from './bracket-names.ts'

/** A data URL may be 20 MiB long, and so may an image be (reference of the API, `input_reference.image_url`). */
export const MAX_REFERENCE_BYTES = 20 * 1024 * 1024
const LIMITS = { file: MAX_REFERENCE_BYTES, field: MAX_REFERENCE_BYTES, fields: 24 * 1024 * 1024 }

/** Their text is a number, or true or false; every other field of a form is text. */
const NUMBERS = new Set(['seed'])
const BOOLEANS = new Set(['watermark'])

/** preValidation: a form becomes the body that JSON would have been. `null` in JSON is as good as nothing. */
export async function readVideoForm (request: FastifyRequest): Promise<void> {
  if (!request.isMultipart()) {
    request.body = withoutNulls(request.body)
    return
  }
  const body: Record<string, unknown> = {}
  await readForm(request, LIMITS, {
    field: (name, text) => setByName(body, name, readValue(name, text)),
    file (name, bytes) {
      if (name !== 'input_reference') throw invalidField(name, 'is not a file field')
      if (request.formImage) throw invalidField(name, 'is given twice')
      request.formImage = checkImage(bytes, name, MAX_REFERENCE_BYTES)
    }
  })
  request.body = body
}

function readValue (name: string, text: string): unknown {
  if (NUMBERS.has(name) && /^\d{1,16}$/.test(text)) return Number(text)
  if (BOOLEANS.has(name) && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function withoutNulls (body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
}

import type { FastifyRequest } from 'fastify'
import { invalidField } from '../../server/errors.ts'
import { checkImage } from '../../server/media/input-image.ts'
import { checkVideo, MAX_VIDEO_BYTES } from '../../server/media/input-video.ts'
import type { InputFile } from '../../server/upstreams/upstream.ts'
import { readForm } from '../multipart.ts'
import { setByName } from './bracket-names.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The uploaded video of a form, already checked. */
    formVideo?: InputFile
  }
}

/** A data URL may be 20 MiB long, and so may an image be (reference of the API, `input_reference.image_url`). */
export const MAX_REFERENCE_BYTES = 20 * 1024 * 1024
/** A data URL of that size, and the rest. */
export const BODY_LIMIT = 24 * 1024 * 1024

/** What a file part may be, by the field's name, and where it is kept. */
const FILES = {
  input_reference: {
    maxBytes: MAX_REFERENCE_BYTES,
    keep: (request: FastifyRequest, bytes: Buffer) => { request.formImage = checkImage(bytes, 'input_reference', MAX_REFERENCE_BYTES) }
  },
  video: {
    maxBytes: MAX_VIDEO_BYTES,
    keep: (request: FastifyRequest, bytes: Buffer) => { request.formVideo = checkVideo(bytes, 'video') }
  }
}

type FileField = keyof typeof FILES

/** Their text is a number, or true or false; every other field of a form is text. */
const NUMBERS = new Set(['seed', 'width', 'height', 'n'])
const BOOLEANS = new Set(['watermark'])

/** preValidation: a form with these file fields becomes the body that JSON would have been. `null` in JSON is as good as nothing. */
export function readVideoForm (fileFields: readonly FileField[]) {
  const limits = { files: 2, file: Math.max(...fileFields.map(name => FILES[name].maxBytes)), field: MAX_REFERENCE_BYTES, fields: BODY_LIMIT }

  return async (request: FastifyRequest): Promise<void> => {
    if (!request.isMultipart()) {
      request.body = withoutNulls(request.body)
      return
    }
    const body: Record<string, unknown> = {}
    const given = new Set<string>()
    await readForm(request, limits, {
      field: (name, text) => setByName(body, name, readValue(name, text)),
      file (name, bytes) {
        const field = fileFields.find(field => field === name)
        if (!field) throw invalidField(name, 'is not a file field')
        if (given.has(name)) throw invalidField(name, 'is given twice')
        given.add(name)
        FILES[field].keep(request, bytes)
      }
    })
    if (request.formImage) await request.server.imageDecoder.check(request.formImage, 'input_reference')
    request.body = body
  }
}

function readValue (name: string, text: string): unknown {
  if (NUMBERS.has(name) && /^\d{1,16}$/.test(text)) return Number(text)
  if (BOOLEANS.has(name) && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function withoutNulls (body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null).map(([name, value]) => [name, name === 'input_reference' ? withoutNulls(value) : value]))
}

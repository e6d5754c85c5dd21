import '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { ReelayError, invalidField, problem } from '../server/errors.ts'

/** Takes the parts of a form in the order in which they come, which is no order to rely on. */
export interface FormReader {
  field: (name: string, text: string) => void
  /** `bytes` are whole: a longer file was refused before. */
  file: (name: string, bytes: Buffer) => void
}

export interface FormLimits {
  /** How many files at most. */
  files: number
  /** Bytes of one file, of one field, and of all fields together. */
  file: number
  field: number
  fields: number
}

const MAX_FIELDS = 50

/** Reads a multipart form into memory. Throws REQUEST_INVALID or BODY_TOO_LARGE. */
export async function readForm (request: FastifyRequest, limits: FormLimits, reader: FormReader): Promise<void> {
  try {
    await readParts(request, limits, reader)
  } catch (error) {
    // What the parser says of a broken form has neither a code nor a class of its own.
    if (!(error instanceof Error) || error.constructor !== Error) throw error
    throw new ReelayError('REQUEST_INVALID', { params: { reason: problem('formInvalid', request.locale) }, cause: error })
  }
}

async function readParts (request: FastifyRequest, limits: FormLimits, reader: FormReader): Promise<void> {
  let left = limits.fields
  for await (const part of request.parts({ limits: { files: limits.files, parts: limits.files + MAX_FIELDS, fileSize: limits.file, fieldSize: limits.field } })) {
    if (part.type === 'file') {
      reader.file(part.fieldname, await part.toBuffer())
    } else {
      // The parser cuts a field that is too long without an error.
      if (part.valueTruncated) throw invalidField(part.fieldname, 'is too long')
      const text = String(part.value)
      left -= Buffer.byteLength(text)
      if (left < 0) throw new ReelayError('BODY_TOO_LARGE', { params: { limit: `${Math.floor(limits.fields / 2 ** 20)} MiB` } })
      reader.field(part.fieldname, text)
    }
  }
}

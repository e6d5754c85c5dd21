import type { FastifyRequest } from 'fastify'
import { checkImage, checkImagesTogether, MAX_IMAGE_BYTES, MAX_REFERENCES } from '../../../server/media/input-image.ts'
import type { InputImage } from '../../../server/upstreams/upstream.ts'
import { invalidField } from '../../../server/errors.ts'
import { readForm } from '../../multipart.ts'

export interface FormFrames { firstFrame?: InputImage, lastFrame?: InputImage, referenceImages?: InputImage[] }

declare module 'fastify' {
  interface FastifyRequest {
    /** The image of a multipart form, already checked. */
    formImage?: InputImage
    /** Its other images. */
    formFrames?: FormFrames
  }
}

/** How often each file may be given. */
const FILE_FIELDS: Readonly<Record<string, number>> = { input_reference: 1, first_frame: 1, last_frame: 1, reference_images: MAX_REFERENCES }
const JSON_FIELDS = new Set(['parameters', 'metadata', 'referenceImages'])
const NUMBER_FIELDS = new Set(['duration', 'seed', 'strength', 'fps'])
const BOOLEAN_FIELDS = new Set(['watermark', 'audio', 'dryRun'])
/** A data URL of the largest image is the longest field; nothing else is long. */
const LIMITS = { files: 4 + MAX_REFERENCES, file: MAX_IMAGE_BYTES, field: 15_000_000, fields: 16 * 1024 * 1024 }

/** preValidation: turns a multipart form into the body that JSON would have been, so that one schema checks both. */
export async function readTaskForm (request: FastifyRequest): Promise<void> {
  if (!request.isMultipart()) return
  const body: Record<string, unknown> = {}
  const files: Array<{ name: string, image: InputImage }> = []
  await readForm(request, LIMITS, {
    file (name, bytes) {
      checkPlace(name, files.filter(file => file.name === name).length)
      files.push({ name, image: checkImage(bytes, name) })
      checkImagesTogether(files.map(({ image }) => image), name)
    },
    field (name, text) {
      if (Object.hasOwn(body, name)) throw invalidField(name, 'is given twice')
      body[name] = readField(name, text)
    }
  })
  await Promise.all(files.map(({ name, image }) => request.server.imageDecoder.check(image, name)))
  const of = (name: string) => files.filter(file => file.name === name).map(({ image }) => image)
  const references = of('reference_images')
  request.formImage = of('input_reference')[0]
  request.formFrames = { firstFrame: of('first_frame')[0], lastFrame: of('last_frame')[0], referenceImages: references.length > 0 ? references : undefined }
  request.body = body
}

function checkPlace (name: string, given: number): void {
  const most = Object.hasOwn(FILE_FIELDS, name) ? FILE_FIELDS[name]! : 0
  if (most === 0) throw invalidField(name, `is not a file field: images go into ${Object.keys(FILE_FIELDS).join(', ')}`)
  if (given >= most) throw invalidField(name, most === 1 ? 'is given twice' : `must be at most ${most}`)
}

function readField (name: string, text: string): unknown {
  if (JSON_FIELDS.has(name)) return readJson(name, text)
  if (NUMBER_FIELDS.has(name)) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (BOOLEAN_FIELDS.has(name)) return text === 'true' ? true : text === 'false' ? false : text
  return text
}

/** As of a JSON body. */
function refusePrototypes (key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a prototype is no value')
  return value
}

function readJson (name: string, text: string): unknown {
  try {
    return JSON.parse(text, refusePrototypes)
  } catch {
    throw invalidField(name, 'must be JSON')
  }
}

import { ReelayError, invalidField } from '../errors.ts'
import type { InputImage } from '../upstreams/upstream.ts'
import { readImageHeader } from './image-header.ts'

/** The largest image a client may send (DESIGN §6). */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024
/** Images of one request: so many references, and all images together so many bytes, because they are held in memory. */
export const MAX_REFERENCES = 10
export const MAX_IMAGES_BYTES = 32 * 1024 * 1024
/** Far above what any video model reads; guards whoever decodes the image after us. */
const MAX_SIDE = 16_384
const MAX_PIXELS = 100_000_000

const EXTENSIONS = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' } as const

/** Recognises an uploaded image by its bytes. Throws REQUEST_INVALID or BODY_TOO_LARGE with the field's name. */
export function checkImage (bytes: Buffer, field: string, maxBytes = MAX_IMAGE_BYTES): InputImage {
  if (bytes.length > maxBytes) throw tooLarge(field, maxBytes)
  const header = readImageHeader(bytes)
  if (!header) throw invalidField(field, 'must be a whole PNG, JPEG or WebP image')
  const { contentType, width, height } = header
  if (width === 0 || height === 0) throw invalidField(field, 'must be an image with at least one pixel')
  if (Math.max(width, height) > MAX_SIDE || width * height > MAX_PIXELS) {
    throw invalidField(field, `must be at most ${MAX_SIDE} pixels a side and ${MAX_PIXELS / 1e6} megapixels, not ${width}x${height}`)
  }
  // A name of our own: the client's may be long, foreign or hostile.
  return { bytes, contentType, fileName: `input.${EXTENSIONS[contentType]}` }
}

/** Decodes and checks `data:image/…;base64,…`. The declared type must be the true one. */
export function checkImageDataUrl (url: string, field: string, maxBytes = MAX_IMAGE_BYTES): InputImage {
  const [, declared, base64] = /^data:(image\/(?:png|jpeg|webp));base64,(.*)$/is.exec(url) ?? []
  if (declared === undefined || base64 === undefined) throw invalidField(field, 'must be a data URL like data:image/png;base64,… (PNG, JPEG or WebP)')
  if (base64.length > Math.ceil(maxBytes / 3) * 4) throw tooLarge(field, maxBytes)
  const bytes = Buffer.from(base64, 'base64')
  // Node skips what is not base64; only the true form comes back the same.
  if (bytes.length === 0 || bytes.toString('base64') !== base64) throw invalidField(field, 'must be valid base64 after the comma')
  const image = checkImage(bytes, field, maxBytes)
  if (image.contentType !== declared.toLowerCase()) throw invalidField(field, `declares ${declared.toLowerCase()} but holds ${image.contentType}`)
  return image
}

/** Throws BODY_TOO_LARGE where images that are fine one by one are too much together. */
export function checkImagesTogether (images: readonly InputImage[], field: string): void {
  const size = images.reduce((sum, image) => sum + image.bytes.length, 0)
  if (size > MAX_IMAGES_BYTES) throw tooLarge(field, MAX_IMAGES_BYTES)
}

function tooLarge (field: string, maxBytes: number): ReelayError {
  const limit = `${maxBytes / 1024 / 1024} MiB`
  return new ReelayError('BODY_TOO_LARGE', { params: { limit }, details: [{ field, message: `must be at most ${limit}` }] })
}

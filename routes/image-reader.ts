import type { FastifyInstance } from 'fastify'
import { fetchInputImage } from '../server/media/fetch-input-image.ts'
import { checkImageDataUrl, MAX_IMAGE_BYTES } from '../server/media/input-image.ts'
import type { InputImage } from '../server/upstreams/upstream.ts'

/** The image that a data URL holds or an address leads to, decoded. */
export type ReadImage = (reference: string, field: string) => Promise<InputImage>

/** A data URL may hold at most so many bytes. */
export function imageReader ({ egress, imageDecoder }: FastifyInstance, maxBytes = MAX_IMAGE_BYTES): ReadImage {
  return async (reference, field) => {
    const image = reference.startsWith('data:') ? checkImageDataUrl(reference, field, maxBytes) : await fetchInputImage(egress, reference, field)
    await imageDecoder.check(image, field)
    return image
  }
}

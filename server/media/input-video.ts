import { ReelayError, invalidField } from '../errors.ts'
import type { InputFile } from '../upstreams/upstream.ts'

/** Held in memory while it is sent; longer ones are edited by the id of a video that is here. */
export const MAX_VIDEO_BYTES = 50 * 1024 * 1024

/** The first box of an MP4 or QuickTime file is named at byte 4; Matroska and WebM begin with an EBML header. */
const EBML = Buffer.of(0x1a, 0x45, 0xdf, 0xa3)
const FIRST_BOXES = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'])

/** Recognises an uploaded video by its first bytes. Throws REQUEST_INVALID or BODY_TOO_LARGE with the field's name. */
export function checkVideo (bytes: Buffer, field: string): InputFile {
  if (bytes.length > MAX_VIDEO_BYTES) {
    const limit = `${MAX_VIDEO_BYTES / 1024 / 1024} MiB`
    throw new ReelayError('BODY_TOO_LARGE', { params: { limit }, details: [{ field, message: `must be at most ${limit}` }] })
  }
  if (bytes.subarray(0, 4).equals(EBML)) return { bytes, contentType: 'video/webm', fileName: 'source.webm' }
  if (FIRST_BOXES.has(bytes.toString('latin1', 4, 8))) return { bytes, contentType: 'video/mp4', fileName: 'source.mp4' }
  throw invalidField(field, 'must be an MP4, QuickTime or WebM video')
}

import { randomInt } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

/** An id like the owner's report has them: `video_<13-digit ms>_<7 base-36>`. */
export function newVideoId (): string {
  const random = Array.from({ length: 7 }, () => ALPHABET[randomInt(36)]).join('')
  return `video_${Date.now()}_${random}`
}

import { randomInt } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

/** An id like the owner's report has them: `video_<13-digit ms>_<7 base-36>`. */
export function newVideoId (): string {
  return newId('video')
}

/** Nothing else can be an id of ours, and Postgres would refuse some of it (NUL). */
export function isVideoId (text: string): boolean {
  return /^[\w-]{1,128}$/.test(text)
}

export function newBatchId (): string {
  return newId('batch')
}

function newId (noun: string): string {
  const random = Array.from({ length: 7 }, () => ALPHABET[randomInt(36)]).join('')
  return `${noun}_${Date.now()}_${random}`
}

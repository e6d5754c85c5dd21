import { createHmac, timingSafeEqual } from 'node:crypto'
import { deriveKey } from '../secrets.ts'

export type ContentVariant = 'video' | 'thumbnail' | 'spritesheet'

interface Content {
  /** From `contentUrlKey`. */
  key: Buffer
  videoId: string
  variant: ContentVariant
  now: Date
}

/** How long a signed URL opens its content (DESIGN §6). */
const VALID_SECONDS = 24 * 3600

export function contentUrlKey (encryptionSecret: Buffer): Buffer {
  return deriveKey(encryptionSecret, 'content-url', 32)
}

/** A URL that opens one task's content for 24 hours without any header: absolute below `publicUrl`, else a path. */
export function signContentUrl ({ key, videoId, variant = 'video', now, publicUrl }: Omit<Content, 'variant'> & { variant?: ContentVariant, publicUrl?: string }): string {
  const expires = String(Math.floor(now.getTime() / 1000) + VALID_SECONDS)
  const query = new URLSearchParams({
    ...variant !== 'video' && { variant },
    expires,
    signature: signatureOf(key, videoId, variant, expires)
  })
  return `${publicUrl?.replace(/\/+$/, '') ?? ''}/api/video/tasks/${videoId}/content?${query}`
}

export function verifyContentSignature ({ key, videoId, variant, now, expires, signature }: Content & { expires: string, signature: string }): boolean {
  if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1000 <= now.getTime()) return false
  const given = Buffer.from(signature)
  const right = Buffer.from(signatureOf(key, videoId, variant, expires))
  return given.length === right.length && timingSafeEqual(given, right)
}

function signatureOf (key: Buffer, videoId: string, variant: ContentVariant, expires: string): string {
  return createHmac('sha256', key).update([videoId, variant, expires].join('\n')).digest('base64url')
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import { deriveKey } from '../secrets.ts'

/** Where providers post their events: `<prefix>/<channel id>/<secret>`. */
export const EVENTS_PREFIX = '/api/upstream-events'

/** What the secrets of all channels derive from. */
export function eventsKey (encryptionSecret: Buffer): Buffer {
  return deriveKey(encryptionSecret, 'upstream-events', 32)
}

/** The address to give to a channel's provider: absolute below `publicUrl`, else a path. Whoever knows it may have tasks polled. */
export function eventsAddress (key: Buffer, channelId: string, publicUrl?: string): string {
  return `${publicUrl?.replace(/\/+$/, '') ?? ''}${EVENTS_PREFIX}/${encodeURIComponent(channelId)}/${secretOf(key, channelId)}`
}

export function isEventsSecret (key: Buffer, channelId: string, secret: string): boolean {
  const given = Buffer.from(secret)
  const right = Buffer.from(secretOf(key, channelId))
  return given.length === right.length && timingSafeEqual(given, right)
}

/** For answers and logs that name a path: such an address may be right but for its method or a slash. */
export function hideEventsSecret (path: string): string {
  return path.replace(/(upstream-events).+/i, '$1/…')
}

function secretOf (key: Buffer, channelId: string): string {
  return createHmac('sha256', key).update(channelId).digest('base64url')
}

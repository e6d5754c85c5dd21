import { randomBytes } from 'node:crypto'
import { open, seal } from '../channels/sealed.ts'
import type { WebhookEndpoint } from '../database/tables.ts'
import { deriveKey } from '../secrets.ts'
import { PREFIX } from './standard-webhooks.ts'

const SECRET_BYTES = 32

export function newSecret (): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

/** What a user's callbackUrls are signed with: always the same, and stored nowhere. */
export function callbackSecret (encryptionKey: Buffer, userId: string): string {
  return PREFIX + deriveKey(encryptionKey, `webhook-callback:${userId}`, SECRET_BYTES).toString('base64')
}

export function sealSecret (encryptionKey: Buffer, endpointId: string, secret: string): Buffer {
  return seal(encryptionKey, secret, endpointPlace(endpointId))
}

/** The secrets that are valid now, the newest first: several while replaced ones still hold. */
export function secretsOf (encryptionKey: Buffer, endpoint: WebhookEndpoint, now = new Date()): string[] {
  const { id, secret, previous_secrets: previous, previous_secrets_until: until } = endpoint
  if (!secret) return [callbackSecret(encryptionKey, endpoint.user_id)]
  const valid = previous.filter((_, index) => until[index]! > now)
  return [secret, ...valid].map(bytes => open(encryptionKey, bytes, endpointPlace(id)))
}

/** What the sealed secrets of an endpoint, present and previous, are bound to. */
export function endpointPlace (endpointId: string): string[] {
  return ['webhook_endpoints', 'secret', endpointId]
}

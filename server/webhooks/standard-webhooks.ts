import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Before a secret that is given as base64. */
export const PREFIX = 'whsec_'
/** How far the clocks of sender and receiver may be apart, as the libraries of Standard Webhooks have it. */
const TOLERANCE_SECONDS = 300

export type Verdict = 'genuine' | 'forged' | 'stale'

/** The headers of Standard Webhooks: a signature for each secret. */
export function signedHeaders (secrets: readonly string[], id: string, body: string, now = new Date()): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const signatures = secrets.map(secret => `v1,${digest(secret, id, timestamp, body).toString('base64')}`)
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

/** Whether a delivery was signed with this secret, and lately: `stale` has the right signature of another time. */
export function verifyDelivery (secret: string, headers: IncomingHttpHeaders, body: Buffer, now = new Date()): Verdict {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => String(headers[name] ?? ''))
  const right = digest(secret, id!, timestamp!, body)
  // While the provider changes its secret there are several: one right one is enough.
  if (!signatures!.split(' ').some(signature => isRight(signature, right))) return 'forged'
  return Math.abs(now.getTime() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS ? 'genuine' : 'stale'
}

function isRight (signature: string, right: Buffer): boolean {
  const [version, text = ''] = signature.split(',')
  const given = Buffer.from(text, 'base64')
  return version === 'v1' && given.length === right.length && timingSafeEqual(given, right)
}

function digest (secret: string, id: string, timestamp: string, body: string | Buffer): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest()
}

/** Without the prefix the secret is taken as it is, as OpenAI's libraries do. */
function keyOf (secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret)
}

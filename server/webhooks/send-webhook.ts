import type { IncomingHttpHeaders } from 'node:http'
import { addAbortSignal, type Readable } from 'node:stream'
import type { WebhookEndpoint } from '../database/tables.ts'
import { EgressError } from '../upstreams/egress-error.ts'
import { secretsOf } from './signing.ts'
import { signedHeaders } from './standard-webhooks.ts'
import type { WebhookContext } from './webhook-context.ts'
import { webhookPolicy } from './webhook-url.ts'

const TIMEOUT_MS = 10_000
const MAX_REPLY_BYTES = 16 * 1024
const EXCERPT_BYTES = 1_024
/** However long a receiver asks to be left alone, it is tried again after a day. */
const MAX_RETRY_AFTER_SECONDS = 86_400

/** What became of one try. */
export interface Sent {
  ok: boolean
  status: number | null
  excerpt: string | null
  error: string | null
  retryAfterSeconds?: number
}

/** Signs and sends a payload. Never throws for what the receiver does: that is the answer. Its status alone decides, its words are for people. */
export async function sendWebhook (context: WebhookContext, endpoint: WebhookEndpoint, id: string, body: string, signal: AbortSignal): Promise<Sent> {
  const timeUp = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const { status, headers, body: reply } = await context.egress.stream({
      method: 'POST',
      url: endpoint.url,
      headers: { 'content-type': 'application/json', ...signedHeaders(secretsOf(context.encryptionKey, endpoint), id, body) },
      body,
      policy: webhookPolicy(context.config),
      signal,
      timeouts: { headers: TIMEOUT_MS, idle: TIMEOUT_MS, total: TIMEOUT_MS }
    })
    const ok = status >= 200 && status < 300
    const excerpt = excerptOf(await readStart(reply, AbortSignal.any([signal, timeUp])))
    return { ok, status, excerpt, error: ok ? null : `answered ${status}`, retryAfterSeconds: retryAfter(status, headers) }
  } catch (error) {
    if (!(error instanceof EgressError)) throw error
    return { ok: false, status: null, excerpt: null, error: `${error.kind}: ${error.message}`.slice(0, EXCERPT_BYTES) }
  }
}

/** Reads so far and no further, and no longer than a try may take. An answer that ends early has still been given. */
async function readStart (body: Readable, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of addAbortSignal(signal, body)) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= MAX_REPLY_BYTES) break
    }
  } catch {
    // Broken off: what came is shown.
  }
  return Buffer.concat(chunks)
}

/** Postgres stores no NUL; a cut in the middle of a character becomes U+FFFD. */
function excerptOf (reply: Buffer): string | null {
  return reply.subarray(0, EXCERPT_BYTES).toString('utf8').replaceAll('\0', '') || null
}

function retryAfter (status: number, headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after']
  if ((status !== 429 && status !== 503) || value === undefined) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS) : undefined
}

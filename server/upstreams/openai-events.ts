import { verifyDelivery } from '../webhooks/standard-webhooks.ts'
import { isObject, parseObject, readExternalId } from './replies.ts'
import type { WebhookDelivery, WebhookReading } from './upstream.ts'

const ABOUT_VIDEOS: ReadonlySet<unknown> = new Set(['video.completed', 'video.failed'])

/** OpenAI's webhooks: Standard Webhooks, `{ type, data: { id } }`. Without a secret the address alone says who sent it. */
export function readOpenaiEvent ({ headers, body }: WebhookDelivery, secret: string | undefined): WebhookReading {
  const verdict = secret === undefined ? 'genuine' : verifyDelivery(secret, headers, body)
  if (verdict !== 'genuine') return { event: 'refused', reason: verdict }

  const event = parseObject(body)
  if (typeof event?.type !== 'string') return { event: 'refused', reason: 'unreadable' }
  if (!ABOUT_VIDEOS.has(event.type)) return { event: 'other' }
  const externalTaskId = isObject(event.data) ? readExternalId(event.data.id) : undefined
  return externalTaskId === undefined ? { event: 'refused', reason: 'unreadable' } : { event: 'job', externalTaskId }
}

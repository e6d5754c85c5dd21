import { randomUUID } from 'node:crypto'
import type { WebhookEndpoint } from '../database/tables.ts'
import { openAiEvent } from './payload.ts'
import { sendWebhook, type Sent } from './send-webhook.ts'
import type { WebhookContext } from './webhook-context.ts'

const VIDEO_ID = 'video_test'

/** Sends an event about no task, once, and waits for the answer. What it brings changes nothing for the endpoint. */
export function testWebhook (context: WebhookContext, endpoint: WebhookEndpoint, signal: AbortSignal): Promise<Sent> {
  const type = endpoint.events[0]!
  const payload = endpoint.format === 'openai' ? openAiEvent(type, VIDEO_ID, new Date()) : { type, timestamp: Date.now(), test: true, payload: { videoId: VIDEO_ID } }
  return sendWebhook(context, endpoint, `msg_test${randomUUID().replaceAll('-', '')}`, JSON.stringify(payload), signal)
}

import { failpoint } from '../failpoints.ts'
import { claimDelivery, giveUp, keepPayload, recordTry, type Claim } from '../webhooks/delivery-records.ts'
import { buildPayload } from '../webhooks/payload.ts'
import { sendWebhook } from '../webhooks/send-webhook.ts'
import type { WebhookContext } from '../webhooks/webhook-context.ts'

/** One try of one delivery, if it is due. The next try has its own job. */
export async function deliverWebhook (context: WebhookContext, deliveryId: string, signal: AbortSignal): Promise<void> {
  const claim = await claimDelivery(context.db, deliveryId)
  if (!claim) return
  if (claim.endpoint.disabled_at) return await giveUp(context.db, deliveryId, 'the webhook is disabled')
  const body = await payloadOf(context, claim)
  if (body === undefined) return await giveUp(context.db, deliveryId, 'the event is no longer kept')

  const sent = await sendWebhook(context, claim.endpoint, deliveryId, body, signal)
  failpoint('webhook.after-send', deliveryId)
  const { id, url } = claim.endpoint
  const disabled = await recordTry(context.db, claim, sent)
  if (!sent.ok) context.log.info({ webhook: id, deliveryId, status: sent.status, error: sent.error, attempt: claim.delivery.attempts }, 'webhook was not delivered')
  if (disabled) context.log.warn({ webhook: id, host: new URL(url).host, reason: disabled }, 'webhook disabled')
}

async function payloadOf (context: WebhookContext, { delivery, endpoint }: Claim): Promise<string | undefined> {
  if (delivery.payload !== null) return delivery.payload
  const built = await buildPayload(context, endpoint.format, delivery)
  return built && await keepPayload(context.db, delivery.id, built)
}

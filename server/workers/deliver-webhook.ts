import { failpoint } from '../failpoints.ts'
import { awaitPause, claimDelivery, LEASE_SECONDS, returnClaim, type Claim } from '../webhooks/delivery-claims.ts'
import { giveUp, recordTry, type Outcome } from '../webhooks/delivery-records.ts'
import { keepPayload } from '../webhooks/payload.ts'
import { sendWebhook, type Sent } from '../webhooks/send-webhook.ts'
import type { WebhookContext } from '../webhooks/webhook-context.ts'

/** One try of one delivery, if it is due. The next try has its own job. */
export async function deliverWebhook (context: WebhookContext, deliveryId: string, signal: AbortSignal): Promise<Outcome | undefined> {
  const { db } = context
  const startedAt = performance.now()
  const claim = await claimDelivery(db, deliveryId)
  if (!claim) return await awaitPause(db, deliveryId)
  const hindrance = hindranceOf(claim)
  if (hindrance) return await giveUp(db, deliveryId, hindrance)
  const body = claim.delivery.payload ?? await keepPayload(context, claim.endpoint.format, claim.delivery)
  if (body === undefined) return await giveUp(db, deliveryId, 'the event is no longer kept')
  // This process stood still: somebody else may have it by the time it is sent.
  if (performance.now() - startedAt > LEASE_SECONDS * 1000 / 2) return undefined

  const sent = await sendWebhook(context, claim.endpoint, deliveryId, body, signal)
  failpoint('webhook.after-send', deliveryId)
  if (!sent.ok && signal.aborted) return await returnClaim(db, claim)
  const outcome = await recordTry(db, claim, sent)
  logTry(context, claim, sent, outcome)
  return outcome
}

function hindranceOf ({ endpoint, ownerDisabled }: Claim): string | undefined {
  if (endpoint.disabled_at) return 'the webhook is disabled'
  return ownerDisabled ? 'the account is disabled' : undefined
}

function logTry ({ log }: WebhookContext, { delivery, endpoint: { id, host } }: Claim, { ok, status, error }: Sent, outcome: Outcome | undefined): void {
  if (!ok) log.info({ webhook: id, deliveryId: delivery.id, status, error, attempt: delivery.attempts }, 'webhook was not delivered')
  if (outcome === 'disabled') log.warn({ webhook: id, host, reason: status === 410 ? 'gone' : 'failing' }, 'webhook disabled')
}

import type { WebhookDelivery, WebhookEndpoint } from '../database/tables.ts'

/** Never with a secret. */
export function presentEndpoint (endpoint: WebhookEndpoint) {
  return {
    id: endpoint.id,
    url: endpoint.url,
    name: endpoint.name,
    format: endpoint.format,
    events: endpoint.events,
    disabled: endpoint.disabled_at !== null,
    disabledReason: endpoint.disabled_reason,
    failingSince: endpoint.failing_since,
    pausedUntil: endpoint.paused_until && endpoint.paused_until > new Date() ? endpoint.paused_until : null,
    createdAt: endpoint.created_at,
    updatedAt: endpoint.updated_at
  }
}

export function presentDelivery (delivery: WebhookDelivery) {
  return {
    id: delivery.id,
    videoId: delivery.task_id,
    eventType: delivery.event_type,
    status: delivery.status,
    attempts: delivery.attempts,
    responseStatus: delivery.response_status,
    responseExcerpt: delivery.response_excerpt,
    error: delivery.error,
    payload: delivery.payload,
    createdAt: delivery.created_at,
    lastAttemptAt: delivery.last_attempt_at,
    nextAttemptAt: delivery.next_at,
    deliveredAt: delivery.delivered_at
  }
}

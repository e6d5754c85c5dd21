import { sql } from 'kysely'
import type { Db, WebhookDelivery, WebhookEndpoint } from '../database/tables.ts'
import { LEASE_SECONDS, type Claim } from './delivery-claims.ts'
import { dropDeadJobs, enqueueDeliveryJobs, hasWaitingJob } from './delivery-jobs.ts'
import type { Sent } from './send-webhook.ts'

/** Seconds before each try after the last one. The first is due at once. */
const RETRY_SECONDS = [0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 86_400] as const
const JITTER = 0.2
const DISABLE_AFTER_DAYS = 5
/** How long after its time a delivery has lost its job. */
const OVERDUE_SECONDS = 5
const REVIVE_LIMIT = 1_000

export type Outcome = WebhookDelivery['status'] | 'disabled'

/**
 * Writes what became of a try, and what follows for the endpoint, in one transaction. `disabled`: its endpoint is, by
 * this try. Undefined: it was claimed again meanwhile and writes nothing.
 */
export function recordTry (db: Db, { delivery: { id, attempts }, endpoint }: Claim, sent: Sent): Promise<Outcome | undefined> {
  return db.transaction().execute(async trx => {
    // The endpoint first, everywhere: two tries that end at once must not wait for each other.
    const reason = sent.ok ? await markWorking(trx, endpoint) : await markFailing(trx, endpoint, sent)
    const row = await trx.selectFrom('webhook_deliveries').select('tries').where('id', '=', id).where('attempts', '=', attempts).forUpdate().executeTakeFirst()
    if (!row) return undefined
    const next = nextTry(row.tries, sent, reason !== null)
    await trx
      .updateTable('webhook_deliveries')
      .set({
        status: next.status,
        next_at: next.status === 'pending' ? sql`now() + ${next.seconds} * interval '1 second'` : null,
        lease_until: null,
        response_status: sent.status,
        response_excerpt: sent.excerpt,
        error: sent.error,
        ...sent.ok && { delivered_at: sql`now()` }
      })
      .where('id', '=', id)
      .execute()
    if (next.status === 'pending') await enqueueDeliveryJobs(trx, [id])
    return reason === 'gone' || reason === 'failing' ? 'disabled' : next.status
  })
}

/** A claim counts its try, so none counted means: to be sent once more, said while this one was under way. */
function nextTry (tries: number, sent: Sent, disabled: boolean): { status: WebhookDelivery['status'], seconds?: number } {
  if (tries === 0 && !disabled) return { status: 'pending', seconds: 0 }
  if (sent.ok) return { status: 'delivered' }
  const seconds = RETRY_SECONDS[tries]
  if (disabled || seconds === undefined) return { status: 'failed' }
  // Later than the receiver wants is obeyed as well; its "at once" must not use up the tries.
  return { status: 'pending', seconds: Math.max(sent.retryAfterSeconds ?? 0, seconds * (1 + Math.random() * JITTER)) }
}

async function markWorking (trx: Db, { id }: WebhookEndpoint): Promise<null> {
  await trx.updateTable('webhook_endpoints').set({ failing_since: null }).where('id', '=', id).where('failing_since', 'is not', null).execute()
  return null
}

/** 410 means: never again. So does failing for days. Retry-After holds for whatever else the endpoint is to get. */
async function markFailing (trx: Db, { id }: WebhookEndpoint, { status, retryAfterSeconds }: Sent): Promise<WebhookEndpoint['disabled_reason']> {
  const given = sql<boolean>`(${status}::int = 410 or coalesce(failing_since, now()) < now() - ${DISABLE_AFTER_DAYS} * interval '1 day')`
  const row = await trx
    .updateTable('webhook_endpoints')
    .set({
      failing_since: sql`coalesce(failing_since, now())`,
      paused_until: sql<Date>`greatest(paused_until, now() + ${retryAfterSeconds ?? null}::int * interval '1 second')`,
      disabled_at: sql`case when ${given} then coalesce(disabled_at, now()) else disabled_at end`,
      disabled_reason: sql`case when disabled_at is null and ${given} then case when ${status}::int = 410 then 'gone' else 'failing' end else disabled_reason end`
    })
    .where('id', '=', id)
    .returning('disabled_reason')
    .executeTakeFirst()
  if (row?.disabled_reason) await giveUpPending(trx, id)
  return row?.disabled_reason ?? null
}

/** What a disabled endpoint was to get can be redelivered once it is enabled again. */
export async function giveUpPending (trx: Db, endpointId: string): Promise<void> {
  await trx
    .updateTable('webhook_deliveries')
    .set({ status: 'failed', next_at: null, error: sql`coalesce(error, 'the webhook was disabled')` })
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'pending')
    .execute()
}

/** Ends a delivery that can no longer be made. */
export async function giveUp (db: Db, id: string, error: string): Promise<Outcome> {
  await db
    .updateTable('webhook_deliveries')
    .set({ status: 'failed', next_at: null, lease_until: null, error })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute()
  return 'failed'
}

/** Puts deliveries back to work whose process died or whose job is gone. */
export async function reviveDeliveries (db: Db): Promise<void> {
  await dropDeadJobs(db, LEASE_SECONDS)
  const overdue = await db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('status', '=', 'pending')
    .where('next_at', '<', sql<Date>`now() - ${OVERDUE_SECONDS} * interval '1 second'`)
    .where(sql<boolean>`coalesce(lease_until, '-infinity') <= now()`)
    .where(eb => eb.not(hasWaitingJob))
    .orderBy('next_at')
    .limit(REVIVE_LIMIT)
    .execute()
  await enqueueDeliveryJobs(db, overdue.map(({ id }) => id))
}

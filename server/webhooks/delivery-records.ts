import { sql } from 'kysely'
import type { Db, WebhookDelivery, WebhookEndpoint } from '../database/tables.ts'
import { dropDeadJobs, enqueueDeliveryJobs } from './delivery-jobs.ts'
import type { Sent } from './send-webhook.ts'

/** Seconds before each try after the last one. The first is due at once. */
const RETRY_SECONDS = [0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 86_400] as const
const JITTER = 0.2
/** A try ends within ten seconds; one that takes this long died with its process, or lost its job. */
const CLAIM_SECONDS = 45
const DISABLE_AFTER_DAYS = 5
/** How long after its time a delivery has lost its job. */
const OVERDUE_SECONDS = 5
const LIMIT = 1_000

export interface Claim { delivery: WebhookDelivery, endpoint: WebhookEndpoint }

/** Takes a due delivery for one try. Undefined: it is over, not due, or in another hand. */
export async function claimDelivery (db: Db, id: string): Promise<Claim | undefined> {
  const delivery = await db
    .updateTable('webhook_deliveries')
    .set({
      attempts: sql`attempts + 1`,
      tries: sql`tries + 1`,
      last_attempt_at: sql`now()`,
      next_at: sql`now() + ${CLAIM_SECONDS} * interval '1 second'`
    })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('next_at', '<=', sql<Date>`now()`)
    .returningAll()
    .executeTakeFirst()
  if (!delivery) return undefined
  const endpoint = await db.selectFrom('webhook_endpoints').selectAll().where('id', '=', delivery.endpoint_id).executeTakeFirst()
  return endpoint && { delivery, endpoint }
}

/** Keeps what is about to be sent, so that every try sends the same. */
export async function keepPayload (db: Db, id: string, payload: string): Promise<string> {
  const row = await db
    .updateTable('webhook_deliveries')
    .set({ payload: sql`coalesce(payload, ${payload})` })
    .where('id', '=', id)
    .returning('payload')
    .executeTakeFirst()
  return row?.payload ?? payload
}

/**
 * Writes what became of a try, and what follows for the endpoint, in one transaction. Answers why the endpoint was
 * disabled, if it was. A try that was claimed again meanwhile writes nothing.
 */
export function recordTry (db: Db, { delivery, endpoint }: Claim, sent: Sent): Promise<WebhookEndpoint['disabled_reason']> {
  return db.transaction().execute(async trx => {
    // The endpoint first, everywhere: two tries that end at once must not wait for each other.
    const reason = sent.ok ? await markWorking(trx, endpoint) : await markFailing(trx, endpoint, sent)
    const delaySeconds = RETRY_SECONDS[delivery.tries]
    const status = sent.ok ? 'delivered' : reason !== null || delaySeconds === undefined ? 'failed' : 'pending'
    const written = await trx
      .updateTable('webhook_deliveries')
      .set({
        status,
        next_at: status === 'pending' ? sql`now() + ${delayOf(delaySeconds!, sent)} * interval '1 second'` : null,
        response_status: sent.status,
        response_excerpt: sent.excerpt,
        error: sent.error,
        ...sent.ok && { delivered_at: sql`now()` }
      })
      .where('id', '=', delivery.id)
      .where('attempts', '=', delivery.attempts)
      .executeTakeFirst()
    if (written.numUpdatedRows > 0n && status === 'pending') await enqueueDeliveryJobs(trx, [delivery.id])
    return reason
  })
}

function delayOf (seconds: number, { retryAfterSeconds }: Sent): number {
  return retryAfterSeconds ?? seconds * (1 + Math.random() * JITTER)
}

async function markWorking (trx: Db, { id }: WebhookEndpoint): Promise<null> {
  await trx.updateTable('webhook_endpoints').set({ failing_since: null }).where('id', '=', id).where('failing_since', 'is not', null).execute()
  return null
}

/** 410 means: never again. So does failing for days. */
async function markFailing (trx: Db, { id }: WebhookEndpoint, { status }: Sent): Promise<WebhookEndpoint['disabled_reason']> {
  const given = sql<boolean>`(${status}::int = 410 or coalesce(failing_since, now()) < now() - ${DISABLE_AFTER_DAYS} * interval '1 day')`
  const row = await trx
    .updateTable('webhook_endpoints')
    .set({
      failing_since: sql`coalesce(failing_since, now())`,
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
export async function giveUp (db: Db, id: string, error: string): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set({ status: 'failed', next_at: null, error })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute()
}

/** Puts deliveries back to work whose process died or whose job is gone. Where a job waits, ours is dropped. */
export async function reviveDeliveries (db: Db): Promise<void> {
  await dropDeadJobs(db, CLAIM_SECONDS)
  const overdue = await db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('status', '=', 'pending')
    .where('next_at', '<', sql<Date>`now() - ${OVERDUE_SECONDS} * interval '1 second'`)
    .orderBy('next_at')
    .limit(LIMIT)
    .execute()
  await enqueueDeliveryJobs(db, overdue.map(({ id }) => id))
}

/** Removes what was delivered or given up long ago. */
export async function pruneDeliveries (db: Db, days: number): Promise<void> {
  await db
    .deleteFrom('webhook_deliveries')
    .where('status', '!=', 'pending')
    .where('created_at', '<', sql<Date>`now() - ${days} * interval '1 day'`)
    .execute()
}

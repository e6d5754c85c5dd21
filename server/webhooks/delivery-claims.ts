import { sql } from 'kysely'
import type { Db, WebhookDelivery, WebhookEndpoint } from '../database/tables.ts'
import { enqueueDeliveryJobs } from './delivery-jobs.ts'

/** A try ends within ten seconds; one that takes this long died with its process, or stopped with it. */
export const LEASE_SECONDS = 45
/** What a receiver's pause held back goes out over this many seconds after it. */
const SPREAD_SECONDS = 5

export interface Claim {
  delivery: WebhookDelivery
  endpoint: WebhookEndpoint
  /** Whether the account may be told at all. */
  ownerDisabled: boolean
}

/** Takes a due delivery for one try. Undefined: it is over, not due, in another hand, or its receiver wants a pause. */
export async function claimDelivery (db: Db, id: string): Promise<Claim | undefined> {
  const delivery = await db
    .updateTable('webhook_deliveries as d')
    .from('webhook_endpoints as e')
    .set({
      attempts: sql`d.attempts + 1`,
      tries: sql`d.tries + 1`,
      last_attempt_at: sql`now()`,
      lease_until: sql`now() + ${LEASE_SECONDS} * interval '1 second'`
    })
    .whereRef('e.id', '=', 'd.endpoint_id')
    .where('d.id', '=', id)
    .where('d.status', '=', 'pending')
    .where('d.next_at', '<=', sql<Date>`now()`)
    .where(sql<boolean>`coalesce(d.lease_until, '-infinity') <= now()`)
    .where(sql<boolean>`coalesce(e.paused_until, '-infinity') <= now()`)
    .returningAll('d')
    .executeTakeFirst()
  if (!delivery) return undefined
  const endpoint = await db
    .selectFrom('webhook_endpoints as e')
    .innerJoin('users as u', 'u.id', 'e.user_id')
    .selectAll('e')
    .select('u.disabled_at as owner_disabled_at')
    .where('e.id', '=', delivery.endpoint_id)
    .executeTakeFirst()
  return endpoint && { delivery, endpoint, ownerDisabled: endpoint.owner_disabled_at !== null }
}

/** Puts a due delivery off until its receiver's pause is over, if it wants one; this is no try. */
export function awaitPause (db: Db, id: string): Promise<undefined> {
  return db.transaction().execute(async trx => {
    const { numUpdatedRows } = await trx
      .updateTable('webhook_deliveries as d')
      .from('webhook_endpoints as e')
      .set({ next_at: sql`e.paused_until + random() * ${SPREAD_SECONDS} * interval '1 second'` })
      .whereRef('e.id', '=', 'd.endpoint_id')
      .where('d.id', '=', id)
      .where('d.status', '=', 'pending')
      .where('d.next_at', '<=', sql<Date>`now()`)
      .where(sql<boolean>`coalesce(d.lease_until, '-infinity') <= now()`)
      .where('e.paused_until', '>', sql<Date>`now()`)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await enqueueDeliveryJobs(trx, [id])
    return undefined
  })
}

/** Gives a try back that was broken off before its answer: as if it had not been. */
export function returnClaim (db: Db, { delivery }: Claim): Promise<undefined> {
  return db.transaction().execute(async trx => {
    const { numUpdatedRows } = await trx
      .updateTable('webhook_deliveries')
      .set({ tries: sql`greatest(tries - 1, 0)`, lease_until: null })
      .where('id', '=', delivery.id)
      .where('attempts', '=', delivery.attempts)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await enqueueDeliveryJobs(trx, [delivery.id])
    return undefined
  })
}

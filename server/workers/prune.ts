import { pruneRateLimits } from '../accounts/rate-limits.ts'
import type { ServerContext } from '../context.ts'
import { pruneEvents } from '../events/retention.ts'
import { pruneKeys } from '../tasks/idempotency.ts'
import { pruneDeliveries } from '../webhooks/delivery-retention.ts'

/** Removes what has been kept long enough: old events, webhook deliveries, idempotency keys, full rate limits. */
export async function prune ({ db, config, log }: ServerContext): Promise<void> {
  await pruneKeys(db)
  await pruneRateLimits(db)
  await pruneDeliveries(db, config.EVENT_RETENTION_DAYS)
  const events = await pruneEvents(db, config.EVENT_RETENTION_DAYS)
  if (events > 0) log.info({ events }, 'old events removed')
}

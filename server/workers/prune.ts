import { pruneRateLimits } from '../accounts/rate-limits.ts'
import type { ServerContext } from '../context.ts'
import { pruneEvents } from '../events/retention.ts'
import { pruneVideos, removeOrphans } from '../media/retention.ts'
import { pruneKeys } from '../tasks/idempotency.ts'
import { pruneDeliveries } from '../webhooks/delivery-retention.ts'

/** Removes what has been kept long enough, once an hour: old events, webhook deliveries, idempotency keys, full rate limits, copies of videos. */
export async function prune ({ db, config, assets, log }: ServerContext): Promise<void> {
  await pruneKeys(db)
  await pruneRateLimits(db)
  await pruneDeliveries(db, config.EVENT_RETENTION_DAYS)
  const events = await pruneEvents(db, config.EVENT_RETENTION_DAYS)
  if (events > 0) log.info({ events }, 'old events removed')
  const videos = await pruneVideos(db, assets, { days: config.MEDIA_RETENTION_DAYS, maxBytes: config.MEDIA_MAX_BYTES })
  if (videos > 0) log.info({ videos }, 'copies of videos removed')
  const files = await removeOrphans(db, assets, new Date().getUTCHours())
  if (files > 0) log.warn({ files }, 'files without a task removed')
}

import type { ServerContext } from '../context.ts'
import { pruneEvents } from '../events/retention.ts'
import { pruneKeys } from '../tasks/idempotency.ts'

/** Removes what has been kept long enough: old events and idempotency keys. */
export async function prune ({ db, config, log }: ServerContext): Promise<void> {
  await pruneKeys(db)
  const events = await pruneEvents(db, config.EVENT_RETENTION_DAYS)
  if (events > 0) log.info({ events }, 'old events removed')
}

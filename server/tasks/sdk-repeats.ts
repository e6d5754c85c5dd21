import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'

/**
 * OpenAI's SDKs send a request again whose answer was lost, without a key, and number its tries. So a repeat gets the
 * first task, while a request of number 0 is new, even when it equals another one.
 */
export interface SdkTry {
  /** 0 for the first. */
  retries: number
  /** When this try came in, on the monotonic clock. */
  startedAt: number
  /** Whether its client is there no more. */
  isGone: () => boolean
}

/** An SDK gives up long before; an equal request after that is another one. */
export const REPEATED_WITHIN_MS = 600_000

/** Equal requests of one user share a row: the latest that is new has it. */
export function sdkKey (requestHash: string): string {
  return `sdk:${requestHash}`
}

/**
 * Takes the row for this try, in the task's own transaction; whoever is taking it at the same time is waited for.
 * False: it has a task already. A repeat takes none that is young; a first try takes any, but for one that a repeat
 * took after it had come in: then it is the very request that was repeated, overtaken on its way. One whose client has
 * given it up takes none either: a process that stood still finds it after its own repeat, as if it had just come in.
 */
export async function claimSdkKey (trx: Db, userId: string, requestHash: string, taskId: string, { retries, startedAt, isGone }: SdkTry): Promise<boolean> {
  const isRetry = retries > 0
  if (!isRetry && isGone()) throw new ReelayError('REQUEST_TIMEOUT')
  const cameInAt = sql<Date>`clock_timestamp() - ${performance.now() - startedAt} * interval '1 millisecond'`
  const claimed = await trx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key: sdkKey(requestHash), request_hash: requestHash, task_id: taskId, by_retry: isRetry })
    .onConflict(conflict => conflict
      .columns(['user_id', 'key'])
      .doUpdateSet({ task_id: taskId, by_retry: isRetry, reply_status: null, reply_body: null, created_at: sql`now()` })
      .where(isRetry
        ? sql<boolean>`idempotency_keys.created_at < now() - ${REPEATED_WITHIN_MS} * interval '1 millisecond'`
        : sql<boolean>`not (idempotency_keys.by_retry and idempotency_keys.created_at > ${cameInAt})`))
    .executeTakeFirst()
  return (claimed.numInsertedOrUpdatedRows ?? 0n) > 0n
}

import { sql } from 'kysely'
import { takeSubmissionSlot } from '../channels/submission-slots.ts'
import type { Db, TaskAttempt } from '../database/tables.ts'
import type { TaskJob } from '../queues/queues.ts'
import { setStage } from './transitions.ts'

export type Claim =
  | { claimed: TaskAttempt }
  /** The channel has no room: come again after so many milliseconds. */
  | { waitMs: number }
  /** Not pending, not due, or somebody else's. */
  | undefined

/**
 * Takes a pending attempt for sending. The lease is committed before the socket opens, so that whoever finds
 * it expired knows that bytes may have left.
 */
export async function claimAttempt (db: Db, { taskId, attempt }: TaskJob, leaseMs: number): Promise<Claim> {
  return await db.transaction().execute(async trx => {
    const pending = await findDueAttempt(trx, taskId, attempt)
    if (!pending) return undefined
    const waitMs = await takeSubmissionSlot(trx, pending)
    if (waitMs > 0) return { waitMs }

    const claimed = await trx
      .updateTable('task_attempts')
      .set({
        state: 'sending',
        lease_token: crypto.randomUUID(),
        lease_until: sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`,
        sent_at: sql`clock_timestamp()`,
        tries: sql`tries + 1`
      })
      .where('task_id', '=', taskId)
      .where('attempt', '=', attempt)
      .returningAll()
      .executeTakeFirstOrThrow()
    await setStage(trx, taskId, attempt, 'submitting')
    return { claimed }
  })
}

function findDueAttempt (trx: Db, taskId: string, attempt: number): Promise<TaskAttempt | undefined> {
  return trx
    .selectFrom('task_attempts')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'pending')
    .where(sql<boolean>`coalesce(not_before, now()) <= now()`)
    .where(sql<boolean>`deadline_at > now()`)
    .forUpdate()
    .executeTakeFirst()
}

/** Ends an attempt that made nothing (`refused`, `unsent`, `cancelled`), or of which nobody knows (`unknown`). False: it was no longer open. */
export async function closeAttempt (trx: Db, { taskId, attempt }: TaskJob, state: 'refused' | 'unsent' | 'unknown' | 'cancelled', code: string | null, detail: string | null): Promise<boolean> {
  const closed = await trx
    .updateTable('task_attempts')
    .set({ state, error_code: code, error_detail: detail, lease_token: null, lease_until: null, finished_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', 'in', ['pending', 'sending'])
    .executeTakeFirst()
  return closed.numUpdatedRows > 0n
}

/** Puts an attempt that made nothing back in line. */
export async function postponeAttempt (trx: Db, { taskId, attempt }: TaskJob, delayMs: number, code: string, detail: string): Promise<boolean> {
  const postponed = await trx
    .updateTable('task_attempts')
    .set({
      state: 'pending',
      not_before: sql`now() + ${delayMs} * interval '1 millisecond'`,
      error_code: code,
      error_detail: detail,
      lease_token: null,
      lease_until: null
    })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'sending')
    .executeTakeFirst()
  if (postponed.numUpdatedRows === 0n) return false
  await setStage(trx, taskId, attempt, 'accepted')
  return true
}

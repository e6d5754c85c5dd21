import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { Db } from '../database/tables.ts'
import { scheduleSave, withoutSaveJob, type TaskJob } from '../queues/queues.ts'

/** A copy that is under way holds its lease and renews it; one whose process died is taken over after this. */
export const SAVE_LEASE_MS = 15_000

/** The right to copy one attempt's video. */
export interface SaveClaim extends TaskJob {
  leaseToken: string
  tries: number
  unreadable: number
  /** How long it has been tried. */
  sinceMs: number
}

/** Asks for the copy of a video that the upstream has finished. */
export async function insertSave (trx: Db, boss: PgBoss, job: TaskJob): Promise<void> {
  await trx
    .insertInto('task_saves')
    .values({ task_id: job.taskId, attempt: job.attempt })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  await scheduleSave(boss, trx, job)
}

/** Undefined: nothing is left to copy, it is not due, or somebody else is at it. */
export async function claimSave (db: Db, { taskId, attempt }: TaskJob): Promise<SaveClaim | undefined> {
  const row = await db
    .updateTable('task_saves')
    .set({ lease_token: crypto.randomUUID(), lease_until: leaseEnd(), tries: sql`tries + 1` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where(sql<boolean>`next_try_at <= now()`)
    .where(sql<boolean>`coalesce(lease_until, '-infinity') < now()`)
    .returning(['lease_token', 'tries', 'unreadable', sql<number>`(extract(epoch from now() - created_at) * 1000)::float8`.as('since_ms')])
    .executeTakeFirst()
  return row && { taskId, attempt, leaseToken: row.lease_token!, tries: row.tries, unreadable: row.unreadable, sinceMs: row.since_ms }
}

/** False: the lease is somebody else's by now. */
export async function renewSave (db: Db, claim: SaveClaim): Promise<boolean> {
  const renewed = await db
    .updateTable('task_saves')
    .set({ lease_until: leaseEnd() })
    .where('task_id', '=', claim.taskId)
    .where('attempt', '=', claim.attempt)
    .where('lease_token', '=', claim.leaseToken)
    .executeTakeFirst()
  return renewed.numUpdatedRows > 0n
}

/** Puts the copy off. */
export async function postponeSave (trx: Db, boss: PgBoss, claim: SaveClaim, { delayMs, unreadable, error }: { delayMs: number, unreadable: boolean, error: string }): Promise<void> {
  const postponed = await trx
    .updateTable('task_saves')
    .set({
      next_try_at: sql`now() + ${delayMs} * interval '1 millisecond'`,
      unreadable: claim.unreadable + (unreadable ? 1 : 0),
      lease_token: null,
      lease_until: null,
      error
    })
    .where('task_id', '=', claim.taskId)
    .where('attempt', '=', claim.attempt)
    .where('lease_token', '=', claim.leaseToken)
    .executeTakeFirst()
  if (postponed.numUpdatedRows > 0n) await scheduleSave(boss, trx, claim, delayMs / 1000)
}

/** Nothing is left to copy. False: the lease is somebody else's by now, and nothing may be written. */
export async function endSave (trx: Db, claim: SaveClaim): Promise<boolean> {
  const ended = await trx
    .deleteFrom('task_saves')
    .where('task_id', '=', claim.taskId)
    .where('attempt', '=', claim.attempt)
    .where('lease_token', '=', claim.leaseToken)
    .executeTakeFirst()
  if (ended.numDeletedRows === 0n) return false
  await withoutSaveJob(trx, claim)
  return true
}

function leaseEnd () {
  return sql<Date>`now() + ${SAVE_LEASE_MS} * interval '1 millisecond'`
}

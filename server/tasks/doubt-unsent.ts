import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'

/** Time for a look at the provider's list, for tasks whose deadline passed while the backup lay there. */
const LEAST_TIME_LEFT = sql`interval '10 minutes'`

/**
 * For a database that was just restored, before anything runs on it: what the backup calls unsent may have been sent
 * since, and would be paid for twice. Puts it in doubt, so that the sweeper has the provider asked first. Answers with how many.
 */
export async function doubtUnsent (db: Db): Promise<number> {
  return await db.transaction().execute(async trx => {
    const doubted = await trx
      .updateTable('task_attempts')
      .set({
        state: 'unknown',
        error_code: 'SUBMISSION_UNCONFIRMED',
        error_detail: 'the database was restored',
        sent_at: sql`created_at`,
        // Long ago enough for the sweeper.
        finished_at: sql`now() - interval '1 minute'`,
        not_before: null,
        deadline_at: sql`greatest(deadline_at, now() + ${LEAST_TIME_LEFT})`
      })
      .where('state', '=', 'pending')
      .returning(['task_id', 'attempt'])
      .execute()
    for (const { task_id: id, attempt } of doubted) {
      await trx.updateTable('tasks').set({ stage: 'confirming' }).where('id', '=', id).where('attempt', '=', attempt).where('status', '=', 'QUEUED').execute()
    }
    return doubted.length
  })
}

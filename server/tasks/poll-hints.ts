import { sql } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { ServerContext } from '../context.ts'
import type { TaskAttempt } from '../database/tables.ts'
import { POLL_TASK, pollKey } from '../queues/queues.ts'

/** A poll due so soon stays as planned: its job may be on its way, and a second one would take the place of the next. */
const SOON = sql`interval '1 second'`

/**
 * Polls a running attempt now, or once `spacingMs` have passed since the last look at it (at first: since its
 * acceptance). An upsert, because a send would be dropped for the job that already waits.
 */
export async function hastenPoll ({ db, boss }: Pick<ServerContext, 'db' | 'boss'>, attempt: Pick<TaskAttempt, 'task_id' | 'attempt' | 'channel_id' | 'external_task_id'>, spacingMs = 0): Promise<void> {
  await db.transaction().execute(async trx => {
    const due = sql<Date>`greatest(now(), a.accepted_at + (p.polled_after_ms + ${spacingMs}) * interval '1 millisecond')`
    const hastened = await trx
      .updateTable('task_polls as p')
      .from('task_attempts as a')
      .set({ next_poll_at: due })
      .whereRef('a.task_id', '=', 'p.task_id')
      .whereRef('a.attempt', '=', 'p.attempt')
      .where('p.task_id', '=', attempt.task_id)
      .where('p.attempt', '=', attempt.attempt)
      .where('p.next_poll_at', '>', sql<Date>`${due} + ${SOON}`)
      .returning(sql<number>`(extract(epoch from p.next_poll_at - now()))::float8`.as('delay'))
      .executeTakeFirst()
    if (!hastened) return
    const singletonKey = pollKey(attempt.channel_id, attempt.external_task_id!)
    await boss.upsert(POLL_TASK, { taskId: attempt.task_id, attempt: attempt.attempt }, { singletonKey, startAfter: hastened.delay, db: fromKysely(trx) })
  })
}

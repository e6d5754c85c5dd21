import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { TaskAttempt } from '../database/tables.ts'
import { fromKysely } from 'pg-boss'
import { POLL_TASK, pollKey } from '../queues/queues.ts'

/** Polls a running attempt now. An upsert, because a send would be dropped for the job that already waits. */
export async function hastenPoll ({ db, boss }: Pick<ServerContext, 'db' | 'boss'>, attempt: Pick<TaskAttempt, 'task_id' | 'attempt' | 'channel_id' | 'external_task_id'>): Promise<void> {
  await db.transaction().execute(async trx => {
    const hastened = await trx
      .updateTable('task_polls')
      .set({ next_poll_at: sql`now()` })
      .where('task_id', '=', attempt.task_id)
      .where('attempt', '=', attempt.attempt)
      .where('next_poll_at', '>', sql<Date>`now()`)
      .executeTakeFirst()
    if (hastened.numUpdatedRows === 0n) return
    const singletonKey = pollKey(attempt.channel_id, attempt.external_task_id!)
    await boss.upsert(POLL_TASK, { taskId: attempt.task_id, attempt: attempt.attempt }, { singletonKey, startAfter: 0, db: fromKysely(trx) })
  })
}

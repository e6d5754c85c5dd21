import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Db, Task } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import type { TaskJob } from '../queues/queues.ts'
import { setStage } from './transitions.ts'

/**
 * Takes a quarantined attempt up again: the same attempt and the same external id, nothing is submitted. It is still
 * run apart, and quarantined again if it still crashes. False: it is not quarantined.
 */
export async function resumePolling ({ db, feed, log }: Pick<ServerContext, 'db' | 'feed' | 'log'>, task: Pick<Task, 'id' | 'attempt' | 'external_task_id'>): Promise<boolean> {
  const job = { taskId: task.id, attempt: task.attempt }
  const resumed = await db.transaction().execute(async trx => {
    if (!await endQuarantine(trx, job)) return false
    await openPolls(trx, job)
    await setStage(trx, task.id, task.attempt, 'waiting')
    const now = await trx.selectFrom('tasks').selectAll().where('id', '=', task.id).executeTakeFirstOrThrow()
    await appendNote(trx, now, { note: 'resumed' })
    return true
  })
  if (!resumed) return false
  log.info({ videoId: task.id, externalTaskId: task.external_task_id, attempt: task.attempt }, 'polling resumed')
  feed.wake()
  return true
}

async function endQuarantine (trx: Db, { taskId, attempt }: TaskJob): Promise<boolean> {
  const ended = await trx
    .updateTable('poll_suspects')
    .set({ quarantined_at: null, crashes: 0 })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('quarantined_at', 'is not', null)
    .executeTakeFirst()
  return ended.numUpdatedRows > 0n
}

/** Due now, for whoever runs suspects: no job of the queue can take a lease without end. */
async function openPolls (trx: Db, { taskId, attempt }: TaskJob): Promise<void> {
  await trx
    .updateTable('task_polls')
    .set({ next_poll_at: sql`now()`, lease_until: sql`'infinity'`, stage: 'waiting', changed_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .execute()
}

/** For an attempt whose polling ends or begins anew: nothing is held against it any more. */
export async function forgetSuspicion (trx: Db, taskId: string, attempt?: number): Promise<void> {
  await trx
    .deleteFrom('poll_suspects')
    .where('task_id', '=', taskId)
    .$if(attempt !== undefined, query => query.where('attempt', '=', attempt!))
    .execute()
}

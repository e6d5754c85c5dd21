import { sql } from 'kysely'
import type { AttemptResult, Db, Task } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import type { TaskJob } from '../queues/queues.ts'
import { closeAttempt } from './submission-records.ts'
import { ACTIVE_STATUSES } from './statuses.ts'
import { transitionTask, type Transition } from './transitions.ts'

/**
 * Takes an attempt's video. It completes the task when the attempt is the current one, or when no newer attempt was
 * accepted: nothing paid for is thrown away. Else it stays known by a line of the timeline. Undefined: the task did not change.
 */
export async function completeTask (trx: Db, job: TaskJob, result: AttemptResult): Promise<Task | undefined> {
  await keepResult(trx, job, result)
  const completed = await transitionTask(trx, { ...job, ...completion(result), doubtfulOnly: true }) ?? await completeSuperseded(trx, job, result)
  if (!completed) await noteLateResult(trx, job)
  return completed
}

async function keepResult (trx: Db, { taskId, attempt }: TaskJob, result: AttemptResult): Promise<void> {
  await trx
    .updateTable('task_attempts')
    .set({ result: JSON.stringify(result), finished_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .execute()
}

/** An older attempt turned up after a retry: it becomes the current one again, unless the retry has an upstream job, or may have. */
async function completeSuperseded (trx: Db, { taskId, attempt }: TaskJob, result: AttemptResult): Promise<Task | undefined> {
  const attempts = await trx
    .selectFrom('task_attempts')
    .select(['attempt', 'state', 'external_task_id'])
    .where('task_id', '=', taskId)
    .where('attempt', '>=', attempt)
    .orderBy('attempt')
    .forUpdate()
    .execute()
  const [own, ...newer] = attempts
  const current = newer.at(-1)
  if (!own || !current || newer.some(({ state }) => ['accepted', 'sending', 'unknown'].includes(state))) return undefined
  await closeAttempt(trx, { taskId, attempt: current.attempt }, 'cancelled', null, null)
  return await transitionTask(trx, {
    ...completion(result, { attempt, external_task_id: own.external_task_id }),
    taskId,
    attempt: current.attempt,
    detail: { completedBy: attempt }
  })
}

function completion (result: AttemptResult, changes: Transition['changes'] = {}): Pick<Transition, 'from' | 'to' | 'changes'> {
  return {
    from: [...ACTIVE_STATUSES, 'FAILED'],
    to: 'COMPLETED',
    changes: { ...changes, progress: 100, completed_at: sql`now()` as never, expires_at: result.expiresAt ?? null, error_code: null, error_detail: null }
  }
}

async function noteLateResult (trx: Db, { taskId, attempt }: TaskJob): Promise<void> {
  const task = await trx.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow()
  const { external_task_id: externalTaskId } = await trx.selectFrom('task_attempts').select('external_task_id').where('task_id', '=', taskId).where('attempt', '=', attempt).executeTakeFirstOrThrow()
  await appendNote(trx, task, { note: 'late-result', attempt, externalTaskId })
}

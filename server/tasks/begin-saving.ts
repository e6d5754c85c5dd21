import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { Db, Task } from '../database/tables.ts'
import { appendNote } from '../events/event-log.ts'
import type { TaskJob } from '../queues/queues.ts'
import type { AttemptResult } from '../upstreams/upstream.ts'
import { insertSave } from './save-records.ts'
import { ACTIVE_STATUSES } from './statuses.ts'
import { closeAttempt } from './submission-records.ts'
import { setStage, transitionTask, type Transition } from './transitions.ts'

/** What became of the news that an upstream has finished an attempt. */
export interface Finished {
  /** The bytes are to be copied, and then the task is COMPLETED (server/tasks/save-video.ts). */
  wanted: boolean
  /** The task, when its status changed: it had been given up, and runs again. */
  changed?: Task
}

/**
 * The upstream has finished an attempt. Its video is wanted when the attempt is the task's current one, or when no
 * newer attempt was accepted: nothing paid for is thrown away. Else it stays known by a line of the timeline.
 */
export async function beginSaving (trx: Db, boss: PgBoss, job: TaskJob, result: AttemptResult): Promise<Finished> {
  await keepResult(trx, job, result)
  const goesOn = await setStage(trx, job.taskId, job.attempt, 'saving')
  const changed = goesOn ? undefined : await revive(trx, job) ?? await reviveSuperseded(trx, job)
  const wanted = goesOn || changed !== undefined
  if (wanted) await insertSave(trx, boss, job)
  else await noteLateResult(trx, job)
  return { wanted, changed }
}

async function keepResult (trx: Db, { taskId, attempt }: TaskJob, result: AttemptResult): Promise<void> {
  await trx
    .updateTable('task_attempts')
    .set({ result: JSON.stringify(result), finished_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .execute()
}

/** A task that was given up in doubt. */
function revive (trx: Db, job: TaskJob): Promise<Task | undefined> {
  return transitionTask(trx, { ...job, from: ['FAILED'], doubtfulOnly: true, ...saving() })
}

/** An older attempt turned up after a retry: it becomes the current one again, unless the retry has an upstream job, or may have. */
async function reviveSuperseded (trx: Db, { taskId, attempt }: TaskJob): Promise<Task | undefined> {
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
    taskId,
    attempt: current.attempt,
    from: [...ACTIVE_STATUSES, 'FAILED'],
    ...saving({ attempt, external_task_id: own.external_task_id }),
    detail: { completedBy: attempt }
  })
}

function saving (changes: Transition['changes'] = {}): Pick<Transition, 'to' | 'changes'> {
  return { to: 'PROCESSING', changes: { ...changes, stage: 'saving', error_code: null, error_detail: null, error_class: null, completed_at: null } }
}

async function noteLateResult (trx: Db, { taskId, attempt }: TaskJob): Promise<void> {
  const task = await trx.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow()
  const { external_task_id: externalTaskId } = await trx.selectFrom('task_attempts').select('external_task_id').where('task_id', '=', taskId).where('attempt', '=', attempt).executeTakeFirstOrThrow()
  await appendNote(trx, task, { note: 'late-result', attempt, externalTaskId })
}

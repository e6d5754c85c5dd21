import { sql, type QueryCreator } from 'kysely'
import { holdBatches, tellIfFinished } from '../batches/finish-batch.ts'
import type { Database, Db, Task, TaskUpdate } from '../database/tables.ts'
import type { TaskErrorCode } from '../errors.ts'
import { announce, statusEvent } from '../events/event-log.ts'
import type { Log } from '../log.ts'
import type { FailureClass } from '../upstreams/upstream.ts'
import { ACTIVE_STATUSES, isActive, type TaskStatus } from './statuses.ts'

/** Failures after which the video may still turn up (DESIGN §4): what was paid for is not thrown away. */
export const DOUBTFUL_FAILURES = ['DEADLINE_EXCEEDED', 'SUBMISSION_UNCONFIRMED'] as const satisfies readonly TaskErrorCode[]

/** Running tasks have their progress with their polls; one that ends keeps how far it came: progress never goes down within an attempt. */
const REACHED = sql<number>`greatest(tasks.progress, (select p.progress from task_polls as p where p.task_id = tasks.id and p.attempt = tasks.attempt))`

export interface Transition {
  taskId: string
  /** The attempt the news is about: another one's news changes nothing. */
  attempt: number
  from: readonly TaskStatus[]
  /** A FAILED task moves only where its failure left a doubt. */
  doubtfulOnly?: boolean
  to: TaskStatus
  changes?: Omit<TaskUpdate, 'status'>
  detail?: Record<string, unknown>
}

/**
 * Changes a task's status and writes the event, as one compare-and-set on the old status and the attempt. A deleted task stays as it is.
 * The end of a batch's last task is told with it. Undefined means another writer got there first: then nothing was changed.
 */
export async function transitionTask (trx: Db, { taskId, attempt, from, doubtfulOnly = false, to, changes, detail }: Transition): Promise<Task | undefined> {
  if (!isActive(to)) await holdBatches(trx, [taskId])
  const changed = await trx
    .with('task', query => query
      .updateTable('tasks')
      .set({ stage: to.toLowerCase(), ...(!isActive(to) && { progress: REACHED }), ...changes, status: to, updated_at: sql`now()` })
      .where('id', '=', taskId)
      .where('attempt', '=', attempt)
      .where('status', 'in', [...from])
      .where('deleted_at', 'is', null)
      .$if(doubtfulOnly, update => update.where(eb => eb.or([eb('status', '!=', 'FAILED'), eb('error_code', 'in', [...DOUBTFUL_FAILURES])])))
      .returningAll())
    .with('event', () => statusEvent(detail))
    .selectFrom(['task', 'event'])
    .selectAll()
    .executeTakeFirst()
  if (!changed) return undefined
  const task = await announce(trx, changed)
  if (!isActive(to)) await tellIfFinished(trx, task)
  return task
}

/** Ends a task as FAILED, if it is still running. `detail` is the provider's own sentence; the hint goes by the class of failure. */
export function failTask (trx: Db, taskId: string, attempt: number, code: TaskErrorCode, detail?: string, failureClass?: FailureClass): Promise<Task | undefined> {
  return transitionTask(trx, {
    taskId,
    attempt,
    from: ACTIVE_STATUSES,
    to: 'FAILED',
    changes: { error_code: code, error_detail: detail ?? null, error_class: failureClass ?? null, completed_at: sql`now()` as never },
    detail: failureClass && { class: failureClass }
  })
}

/** Says more about a running task without changing its status. False: this attempt of it does not run. */
export async function setStage (trx: Db, taskId: string, attempt: number, stage: string): Promise<boolean> {
  const staged = await stageOf(trx, taskId, attempt, stage).executeTakeFirst()
  return staged.numUpdatedRows > 0n
}

/** The same, to be part of another statement. */
export function stageOf (query: Pick<QueryCreator<Database>, 'updateTable'>, taskId: string, attempt: number, stage: string) {
  return query
    .updateTable('tasks')
    .set({ stage, updated_at: sql`now()` })
    .where('id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('status', 'in', [...ACTIVE_STATUSES])
}

/** The one log line of a state change. */
export function logTransition (log: Log, task: Task): void {
  log.info({
    videoId: task.id,
    externalTaskId: task.external_task_id,
    requestId: task.request_id,
    attempt: task.attempt,
    status: task.status,
    errorCode: task.error_code ?? undefined
  }, `task ${task.status.toLowerCase()}`)
}

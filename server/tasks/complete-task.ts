import { sql } from 'kysely'
import type { Db, Task } from '../database/tables.ts'
import type { TaskJob } from '../queues/queues.ts'
import { ACTIVE_STATUSES } from './statuses.ts'
import { transitionTask } from './transitions.ts'

/** The video of the current attempt is here. Undefined: meanwhile the task was cancelled, deleted or is another attempt's. */
export function completeTask (trx: Db, { taskId, attempt }: TaskJob): Promise<Task | undefined> {
  return transitionTask(trx, {
    taskId,
    attempt,
    from: ACTIVE_STATUSES,
    to: 'COMPLETED',
    changes: { progress: 100, completed_at: sql`now()` as never, error_code: null, error_detail: null }
  })
}

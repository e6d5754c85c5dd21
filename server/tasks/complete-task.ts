import { sql } from 'kysely'
import type { Db, Task } from '../database/tables.ts'
import type { TaskJob } from '../queues/queues.ts'
import { ACTIVE_STATUSES } from './statuses.ts'
import { transitionTask } from './transitions.ts'

/** The video of the current attempt is here, and stays for `keptDays`, or as long as its task. Undefined: meanwhile the task was cancelled, deleted or is another attempt's. */
export function completeTask (trx: Db, { taskId, attempt }: TaskJob, keptDays?: number): Promise<Task | undefined> {
  return transitionTask(trx, {
    taskId,
    attempt,
    from: ACTIVE_STATUSES,
    to: 'COMPLETED',
    changes: {
      progress: 100,
      completed_at: sql`now()` as never,
      expires_at: sql`now() + ${keptDays ?? null}::float8 * interval '1 day'` as never,
      error_code: null,
      error_detail: null,
      error_class: null
    }
  })
}

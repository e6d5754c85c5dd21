import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Db, Task } from '../database/tables.ts'
import type { ErrorCode } from '../errors.ts'
import { closeAttempt } from '../tasks/submission-records.ts'
import { failTask, logTransition } from '../tasks/transitions.ts'
import { POLL_TASK, pollKey, scheduleSubmission, SWEEP, type TaskJob } from './queues.ts'

const SWEEP_EVERY_SECONDS = 5
/** A poll this late has lost its job (DESIGN §4.2). */
const OVERDUE = sql`interval '30 seconds'`
const LIMIT = 5_000
/** Found again after an outage, polls start spread over this long: full jitter instead of a stampede. */
const SPREAD_SECONDS = 5

/**
 * Finds what a crash, a lost job or a lost lease left behind and puts it back to work. Whatever else goes wrong,
 * this is why no accepted task is ever forgotten.
 */
export async function sweep (context: ServerContext): Promise<void> {
  try {
    await reviveOverduePolls(context)
    await resubmitForgotten(context)
    await closeOrphanedSendings(context)
    await failExpired(context)
  } finally {
    await context.boss.send(SWEEP, {}, { singletonKey: SWEEP, startAfter: SWEEP_EVERY_SECONDS })
  }
}

/** Re-creates the job of every overdue poll; where one is waiting, the `short` policy drops ours. */
async function reviveOverduePolls ({ db, boss, log }: ServerContext): Promise<void> {
  const overdue = await db
    .selectFrom('task_polls as p')
    .innerJoin('task_attempts as a', join => join.onRef('a.task_id', '=', 'p.task_id').onRef('a.attempt', '=', 'p.attempt'))
    .select(['p.task_id', 'p.attempt', 'p.channel_id', 'a.external_task_id'])
    .where(sql<boolean>`p.next_poll_at < now() - ${OVERDUE}`)
    .where(sql<boolean>`coalesce(p.lease_until, '-infinity') < now()`)
    .orderBy('p.channel_id')
    .orderBy('a.external_task_id')
    .limit(LIMIT)
    .execute()
  if (overdue.length === 0) return
  await boss.insert(POLL_TASK, overdue.map(row => ({
    data: { taskId: row.task_id, attempt: row.attempt },
    singletonKey: pollKey(row.channel_id, row.external_task_id!),
    startAfter: Math.random() * SPREAD_SECONDS
  })))
  log.warn({ polls: overdue.length }, 'overdue polls put back to work')
}

/** Attempts that should have been sent by now and whose job is gone. */
async function resubmitForgotten ({ db, boss }: ServerContext): Promise<void> {
  const forgotten = await db
    .selectFrom('task_attempts')
    .select(['task_id', 'attempt'])
    .where('state', '=', 'pending')
    .where(sql<boolean>`greatest(created_at, not_before) < now() - ${OVERDUE}`)
    .where(sql<boolean>`deadline_at > now()`)
    .limit(LIMIT)
    .execute()
  for (const row of forgotten) await scheduleSubmission(boss, db, jobOf(row), 0)
}

/** A sender that died: bytes may have left, so the outcome is unknown. */
async function closeOrphanedSendings (context: ServerContext): Promise<void> {
  const orphans = await context.db
    .selectFrom('task_attempts')
    .select(['task_id', 'attempt'])
    .where('state', '=', 'sending')
    .where(sql<boolean>`lease_until < now()`)
    .limit(LIMIT)
    .execute()
  for (const orphan of orphans) {
    await failAttempt(context, jobOf(orphan), 'unknown', 'SUBMISSION_UNCONFIRMED', 'the process that sent it stopped')
  }
}

/** Attempts that never got sent before their deadline: with the reason of the last try. */
async function failExpired (context: ServerContext): Promise<void> {
  const expired = await context.db
    .selectFrom('task_attempts')
    .select(['task_id', 'attempt', 'error_code', 'error_detail'])
    .where('state', '=', 'pending')
    .where(sql<boolean>`deadline_at < now()`)
    .limit(LIMIT)
    .execute()
  for (const row of expired) {
    await failAttempt(context, jobOf(row), 'unsent', (row.error_code ?? 'DEADLINE_EXCEEDED') as ErrorCode, row.error_detail ?? 'it was never sent')
  }
}

async function failAttempt ({ db, log, feed }: ServerContext, job: TaskJob, state: 'unsent' | 'unknown', code: ErrorCode, detail: string): Promise<void> {
  const task = await db.transaction().execute(trx => closeAndFail(trx, job, state, code, detail))
  if (!task) return
  feed.wake()
  logTransition(log, task)
}

async function closeAndFail (trx: Db, job: TaskJob, state: 'unsent' | 'unknown', code: ErrorCode, detail: string): Promise<Task | undefined> {
  if (!await closeAttempt(trx, job, state, code, detail)) return undefined
  return await failTask(trx, job.taskId, job.attempt, code, detail)
}

function jobOf (row: { task_id: string, attempt: number }): TaskJob {
  return { taskId: row.task_id, attempt: row.attempt }
}

import { sql } from 'kysely'
import { capabilitiesOf } from '../channels/choose-channel.ts'
import type { ServerContext } from '../context.ts'
import type { TaskErrorCode } from '../errors.ts'
import type { Submissions } from '../tasks/submissions.ts'
import { closeAttempt } from '../tasks/submission-records.ts'
import { leaveUnknown } from '../tasks/submit-task.ts'
import { failTask, logTransition } from '../tasks/transitions.ts'
import { CONFIRM_TASK, POLL_TASK, pollKey, reviveJobs, SAVE_VIDEO, SUBMIT_TASK, SWEEP, type TaskJob } from '../queues/queues.ts'
import { failSuspended } from './suspects.ts'

const SWEEP_EVERY_SECONDS = 5
/** A poll this late has lost its job (DESIGN §4.2). */
const OVERDUE = sql`interval '30 seconds'`
const LIMIT = 5_000
/** Found again after an outage, polls start spread over this long: full jitter instead of a stampede. */
const SPREAD_MS = 5_000

/**
 * Finds what a crash, a lost job or a lost lease left behind and puts it back to work. Whatever else goes wrong,
 * this is why no accepted task is ever forgotten.
 */
export async function sweep (context: ServerContext, submissions: Submissions): Promise<void> {
  try {
    await reviveOverduePolls(context)
    await reviveSubmissions(context)
    await reviveSlowLooks(context)
    await reviveSaves(context)
    await closeOrphanedSendings(context)
    await failExpired(context)
    await failSuspended(context)
    await submissions.fillFreePlaces()
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
    .where('p.is_open', '=', true)
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
    startAfter: Math.round(Math.random() * SPREAD_MS) / 1000
  })))
  log.warn({ polls: overdue.length }, 'overdue polls put back to work')
}

/** Attempts that should have been sent, or asked about, by now and whose job is gone. */
async function reviveSubmissions ({ db, boss }: ServerContext): Promise<void> {
  const overdue = await db
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', join => join.onRef('t.id', '=', 'a.task_id').onRef('t.attempt', '=', 'a.attempt'))
    .select(['a.task_id', 'a.attempt', 'a.state'])
    .where('a.state', 'in', ['pending', 'unknown'])
    .where('t.status', '=', 'QUEUED')
    .where(sql<boolean>`greatest(a.created_at, a.not_before, a.finished_at) < now() - ${OVERDUE}`)
    .limit(LIMIT)
    .execute()
  await reviveJobs(boss, SUBMIT_TASK, overdue.filter(row => row.state === 'pending').map(jobOf))
  await reviveJobs(boss, CONFIRM_TASK, overdue.filter(row => row.state === 'unknown').map(jobOf))
}

/**
 * Submissions in doubt whose task failed or was sent anew: their provider is asked for a day after the deadline
 * (DESIGN §4.2), if it has a list. A look that waits is left alone.
 */
async function reviveSlowLooks ({ db, boss, log }: ServerContext): Promise<void> {
  const channels = await db.selectFrom('channels').select(['id', 'type', 'models', 'settings']).execute()
  const listing = channels.filter(channel => ['list', 'lookup'].includes(capabilitiesOf(channel).createSafety)).map(({ id }) => id)
  const { rows } = await sql<TaskJob>`
    select a.task_id as "taskId", a.attempt
    from task_attempts a
    join tasks t on t.id = a.task_id
    where a.state = 'unknown' and a.channel_id = any(${listing}::text[])
      and a.finished_at < now() - ${OVERDUE} and a.deadline_at > now() - interval '24 hours'
      and (t.status <> 'QUEUED' or t.attempt <> a.attempt) and t.deleted_at is null
      and not exists (
        select from pgboss.job j
        where j.name = ${CONFIRM_TASK} and j.singleton_key = a.task_id || ':' || a.attempt and j.state in ('created', 'retry', 'active')
      )
    limit ${LIMIT}`.execute(db)
  if (rows.length === 0) return
  await reviveJobs(boss, CONFIRM_TASK, rows)
  log.warn({ looks: rows.length }, 'slow looks for submissions in doubt put back to work')
}

/** Copies whose process died, or whose job is gone. */
async function reviveSaves ({ db, boss }: ServerContext): Promise<void> {
  const overdue = await db
    .selectFrom('task_saves')
    .select(['task_id', 'attempt'])
    .where(sql<boolean>`next_try_at < now() - interval '10 seconds'`)
    .where(sql<boolean>`coalesce(lease_until, '-infinity') < now()`)
    .limit(LIMIT)
    .execute()
  await reviveJobs(boss, SAVE_VIDEO, overdue.map(jobOf))
}

/** A sender that died: bytes may have left, so the outcome is unknown. */
async function closeOrphanedSendings (context: ServerContext): Promise<void> {
  const orphans = await context.db
    .selectFrom('task_attempts')
    .selectAll()
    .where('state', '=', 'sending')
    .where(sql<boolean>`lease_until < now()`)
    .limit(LIMIT)
    .execute()
  for (const orphan of orphans) await leaveUnknown(context, orphan, { class: 'unknown', message: 'the process that sent it stopped' })
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
    await failUnsent(context, jobOf(row), (row.error_code ?? 'DEADLINE_EXCEEDED') as TaskErrorCode, row.error_detail ?? 'it was never sent')
  }
}

async function failUnsent ({ db, log, feed }: ServerContext, job: TaskJob, code: TaskErrorCode, detail: string): Promise<void> {
  const task = await db.transaction().execute(async trx => {
    if (!await closeAttempt(trx, job, 'unsent', code, detail)) return undefined
    return await failTask(trx, job.taskId, job.attempt, code, detail)
  })
  if (!task) return
  feed.wake()
  logTransition(log, task)
}

function jobOf (row: { task_id: string, attempt: number }): TaskJob {
  return { taskId: row.task_id, attempt: row.attempt }
}

import { sql, type RawBuilder } from 'kysely'
import { fromKysely, type PgBoss } from 'pg-boss'
import type { Db } from '../database/tables.ts'

export const SUBMIT_TASK = 'submit-task'
export const POLL_TASK = 'poll-task'
export const CONFIRM_TASK = 'confirm-task'
export const SAVE_VIDEO = 'save-video'
export const MAKE_PREVIEWS = 'make-previews'
export const DELIVER_WEBHOOK = 'deliver-webhook'
export const SWEEP = 'sweep'
export const PRUNE = 'prune'

/** What a job of a task carries: the row is the truth. */
export interface TaskJob { taskId: string, attempt: number }

/** After a crash the safety-net job submits what its process did not get to. Longer than any inline submission takes to begin. */
const SUBMIT_NET_SECONDS = 10

/** Longer than the process that learnt of the acceptance needs to tell the provider, and between two tries. */
const CANCEL_NET_SECONDS = 10

/** Jobs without one have 0. */
const BATCH_PRIORITY = -10

/** A statement to be a `with` part of another. */
type Part = RawBuilder<Record<string, unknown>>

/** Creates the queues, or brings their options up to date. Safe in every process at once. */
export async function createQueues (boss: PgBoss): Promise<void> {
  await boss.createQueue(SUBMIT_TASK, { policy: 'short', retryLimit: 100, retryDelay: 5, retryBackoff: true, retryDelayMax: 60, expireInSeconds: 180, deleteAfterSeconds: 60 })
  await boss.createQueue(CONFIRM_TASK, { policy: 'short', retryLimit: 100, retryDelay: 5, retryBackoff: true, retryDelayMax: 60, expireInSeconds: 180, deleteAfterSeconds: 60 })
  // `short`: one waiting poll for each external id. A lost job is the sweeper's business, so pg-boss retries nothing.
  await boss.createQueue(POLL_TASK, { policy: 'short', partition: true, retryLimit: 0, expireInSeconds: 120, deleteAfterSeconds: 1 })
  // The row says when the next try is due; a lost job is the sweeper's business.
  await boss.createQueue(SAVE_VIDEO, { policy: 'short', retryLimit: 0, expireInSeconds: 3_600, deleteAfterSeconds: 60 })
  await boss.createQueue(MAKE_PREVIEWS, { policy: 'short', retryLimit: 2, retryDelay: 60, expireInSeconds: 180, retentionSeconds: 86_400, deleteAfterSeconds: 60 })
  // The row says when the next try is due; a lost job is the delivery engine's business.
  await boss.createQueue(DELIVER_WEBHOOK, { policy: 'short', retryLimit: 0, expireInSeconds: 60, deleteAfterSeconds: 1 })
  await boss.createQueue(PRUNE, { policy: 'short', retryLimit: 3, retryDelay: 60, deleteAfterSeconds: 60 })
  await boss.createQueue(SWEEP, { policy: 'short', retryLimit: 0, expireInSeconds: 60, deleteAfterSeconds: 60 })
}

/** The job that submits an attempt if its own process dies before doing so; or submits it again later, when `delaySeconds` says so. */
export async function scheduleSubmission (boss: PgBoss, trx: Db, job: TaskJob, delaySeconds = SUBMIT_NET_SECONDS): Promise<void> {
  await boss.upsert(SUBMIT_TASK, job, { singletonKey: attemptKey(job), startAfter: delaySeconds, db: fromKysely(trx) })
}

/** The job that submits a new attempt of a batch's task: nobody waits for it, so it is due at once and gives way to all others. */
export async function scheduleBatchSubmission (boss: PgBoss, trx: Db, job: TaskJob): Promise<void> {
  await boss.upsert(SUBMIT_TASK, job, { singletonKey: attemptKey(job), startAfter: 0, priority: BATCH_PRIORITY, db: fromKysely(trx) })
}

/** The same jobs for all rows `task`, as part of the statement that writes them. */
export function batchSubmissionJobs (): Part {
  return sql`(
    insert into pgboss.job (name, data, singleton_key, priority, keep_until, policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds)
    select name, jsonb_build_object('taskId', task.id, 'attempt', task.attempt), task.id || ':' || task.attempt, ${BATCH_PRIORITY}::int, now() + retention_seconds * interval '1 second',
           policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds
    from pgboss.queue, task
    where name = ${SUBMIT_TASK}
  )`
}

/** The same job of a new attempt, as part of the statement that writes it. */
export function submissionJob (job: TaskJob): Part {
  return insertJob(SUBMIT_TASK, job, attemptKey(job), SUBMIT_NET_SECONDS)
}

/** Takes that job away again, as part of another statement: it has nothing to do any more. */
export function withoutSubmissionJob (job: TaskJob): Part {
  return sql`(${deletionOf(SUBMIT_TASK, job)})`
}

function deletionOf (queue: string, job: TaskJob): RawBuilder<unknown> {
  // The last three conditions are those of pg-boss' unique index.
  return sql`delete from pgboss.job where name = ${queue} and coalesce(singleton_key, '') = ${attemptKey(job)} and state = 'created' and policy = 'short'`
}

/** Longer than the process that saw a video finished needs to begin its copy. */
const SAVE_NET_SECONDS = 3

/** The job that copies a finished video if nobody has begun to by then. */
export async function scheduleSave (boss: PgBoss, trx: Db, job: TaskJob, delaySeconds = SAVE_NET_SECONDS): Promise<void> {
  await boss.upsert(SAVE_VIDEO, { taskId: job.taskId, attempt: job.attempt }, { singletonKey: attemptKey(job), startAfter: delaySeconds, db: fromKysely(trx) })
}

/** Takes that job away again: the copy is made. */
export async function withoutSaveJob (trx: Db, job: TaskJob): Promise<void> {
  await deletionOf(SAVE_VIDEO, job).execute(trx)
}

/** The job that makes the pictures of a video that was just kept. */
export async function schedulePreviews (boss: PgBoss, trx: Db, { taskId, attempt }: TaskJob): Promise<void> {
  await boss.send(MAKE_PREVIEWS, { taskId, attempt }, { singletonKey: taskId, db: fromKysely(trx) })
}

/** The next look for a submission of unknown outcome. */
export async function scheduleConfirmation (boss: PgBoss, trx: Db, job: TaskJob, delaySeconds: number): Promise<void> {
  await boss.upsert(CONFIRM_TASK, job, { singletonKey: attemptKey(job), startAfter: delaySeconds, db: fromKysely(trx) })
}

/** Asks for a cancel that its provider has not answered, by the same job: an accepted submission is in doubt no more. */
export async function scheduleCancel (boss: PgBoss, trx: Db, job: TaskJob): Promise<void> {
  await scheduleConfirmation(boss, trx, job, CANCEL_NET_SECONDS)
}

/** Takes that job away again: the provider has answered. */
export async function withoutCancelJob (db: Db, job: TaskJob): Promise<void> {
  await deletionOf(CONFIRM_TASK, job).execute(db)
}

/** Puts lost jobs back, one for each attempt; where one waits, ours is dropped. */
export async function reviveJobs (boss: PgBoss, queue: typeof SUBMIT_TASK | typeof CONFIRM_TASK | typeof SAVE_VIDEO, jobs: TaskJob[]): Promise<void> {
  if (jobs.length > 0) await boss.insert(queue, jobs.map(job => ({ data: job, singletonKey: attemptKey(job) })))
}

/** The next poll of an external id, as part of the statement that opens its chain. */
export function pollJob (job: TaskJob, key: string, delaySeconds: number): Part {
  return insertJob(POLL_TASK, job, key, delaySeconds)
}

/**
 * Takes poll jobs that are due, the longest due first, out of their queue. `boss.fetch` goes by age: with many waiting it
 * reads those not due as well, and it keeps what is in hand as active jobs, whose versions cost as much as the polls'
 * own rows. A poll in hand has a lease instead; should the process die, the sweeper makes the job anew.
 */
export async function takePollJobs (db: Db, limit: number): Promise<TaskJob[]> {
  const { rows } = await sql<TaskJob>`
    delete from pgboss.job
    where name = ${POLL_TASK} and id = any(array(
      select id
      from pgboss.job
      -- In the words of pg-boss' index job_i14.
      where name = ${POLL_TASK} and state = 'created' and not blocked and start_after <= now()
      order by start_after
      limit ${limit}
      for update skip locked
    ))
    returning data ->> 'taskId' as "taskId", (data ->> 'attempt')::int as attempt`.execute(db)
  return rows
}

/**
 * Poll jobs for all rows of `next` (task_id, attempt, channel_id, external_task_id, delay_ms), as a statement of its own or
 * part of another, with the key of `pollKey`. In key order, because batches inserted in opposite orders would deadlock on the unique index.
 */
export function pollJobs (): RawBuilder<unknown> {
  return sql`
    insert into pgboss.job (name, data, singleton_key, start_after, keep_until, policy, retry_limit, expire_seconds, deletion_seconds)
    select name, jsonb_build_object('taskId', task_id, 'attempt', attempt), channel_id || ':' || external_task_id,
           now() + delay_ms * interval '1 millisecond', now() + delay_ms * interval '1 millisecond' + retention_seconds * interval '1 second',
           policy, retry_limit, expire_seconds, deletion_seconds
    from next, pgboss.queue
    where name = ${POLL_TASK}
    order by 3
    on conflict do nothing`
}

/** A poll job's singleton key: the external id is unique per channel only. */
export function pollKey (channelId: string, externalTaskId: string): string {
  return `${channelId}:${externalTaskId}`
}

function attemptKey ({ taskId, attempt }: TaskJob): string {
  return `${taskId}:${attempt}`
}

/**
 * Written straight into pg-boss' table, as its manual allows: within a statement that is made anyway a job costs a
 * fraction of what `boss.insert` does. Dropped when an equal one is waiting.
 */
function insertJob (queue: string, job: TaskJob, key: string, delaySeconds: number): Part {
  return sql`(
    insert into pgboss.job (name, data, singleton_key, start_after, keep_until, policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds)
    select name, ${JSON.stringify(job)}::jsonb, ${key}, now() + ${delaySeconds}::float8 * interval '1 second', now() + (${delaySeconds}::float8 + retention_seconds) * interval '1 second',
           policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds
    from pgboss.queue
    where name = ${queue}
    on conflict do nothing
  )`
}

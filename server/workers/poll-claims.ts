import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { TaskStatus } from '../tasks/statuses.ts'
import type { TaskJob } from '../queues/queues.ts'
import type { AttemptResult } from '../upstreams/upstream.ts'

/** Longer than a poll may take (POLL_TIMEOUT_MS) and wait for its slot together. */
export const POLL_LEASE_MS = 45_000

/** Everything a poll needs to know, read when its lease was taken. Times are by the database's clock. */
export interface ClaimedPoll {
  task_id: string
  attempt: number
  lease_token: string
  user_id: string
  channel_id: string
  credential_id: string | null
  external_task_id: string
  handle: unknown
  result: AttemptResult | null
  failures: number
  missing: number
  missing_for_ms: number
  progress: number
  progress_source: 'reported' | 'estimated'
  queue_position: number | null
  stage: string
  status: TaskStatus
  error_code: string | null
  /** Whether no newer attempt has taken over. */
  is_current: boolean
  model: string
  duration: string | null
  /** Since the upstream accepted it, in milliseconds; so are the last look and the one that first saw this progress. */
  elapsed_ms: number
  polled_after_ms: number
  progress_after_ms: number
  /** Negative once the deadline has passed. */
  deadline_in_ms: number
  /** How late this poll is. */
  late_ms: number
  /** It was in hand when a process crashed, and this one runs it apart (suspects.ts). */
  suspect: boolean
}

/** Who takes the leases, and of which polls. */
export interface Claimant {
  /** The process, for those who take up what it leaves behind. */
  owner?: string | null
  /** Suspects, whose leases last for ever, instead of polls that nobody holds. */
  suspects?: boolean
}

/**
 * Takes the leases of the polls that are due, all in one statement. A row is left out when somebody else holds its
 * lease or it is not due: another job is, or will be, there for it. Rows are locked in key order, because two
 * batches locking in opposite orders would deadlock. The lateral joins and the condition on `few`, which is
 * always null, are for the planner: it expects one row of a hundred then, and goes by the keys. Otherwise it read whole
 * tables into hashes, which cost each batch of 500 some 30 ms at 50,000 rows instead of 15.
 */
export async function claimPolls (db: Db, jobs: readonly TaskJob[], { owner = null, suspects = false }: Claimant = {}): Promise<ClaimedPoll[]> {
  const token = crypto.randomUUID()
  const isFree = suspects ? sql`lease_until = 'infinity'` : sql`coalesce(lease_until, '-infinity') < now()`
  const until = suspects ? sql`'infinity'` : sql`now() + ${POLL_LEASE_MS} * interval '1 millisecond'`
  const ordered = jobs.toSorted((a, b) => a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : a.attempt - b.attempt)
  const { rows } = await sql<ClaimedPoll>`
    with due as (
      select p.task_id, p.attempt
      from jsonb_to_recordset(${JSON.stringify(ordered)}::jsonb) as job ("taskId" text, attempt int, few int)
      cross join lateral (
        select task_id, attempt
        from task_polls
        where task_id = job."taskId" and attempt = job.attempt
          and next_poll_at <= now() + interval '1 second'
          and ${isFree}
        for update
      ) p
      where job.few is null
    )
    update task_polls p
    set lease_token = ${token}::uuid, lease_owner = ${owner}::uuid, lease_until = ${until}
    from due
    cross join lateral (select * from task_attempts where task_id = due.task_id and attempt = due.attempt limit 1) a
    cross join lateral (select status, error_code, attempt, model, duration from tasks where id = due.task_id limit 1) t
    where p.task_id = due.task_id and p.attempt = due.attempt
    returning p.task_id, p.attempt, p.lease_token, p.user_id, p.channel_id, a.credential_id, a.external_task_id, a.handle, a.result,
      p.failures, p.missing, p.progress, p.progress_source, p.queue_position, p.stage, t.status, t.error_code, t.attempt = p.attempt as is_current,
      t.model, t.duration, p.polled_after_ms, p.progress_after_ms,
      coalesce(extract(epoch from now() - p.missing_since) * 1000, 0)::float8 as missing_for_ms,
      (extract(epoch from now() - a.accepted_at) * 1000)::float8 as elapsed_ms,
      (extract(epoch from a.deadline_at - now()) * 1000)::float8 as deadline_in_ms,
      (extract(epoch from now() - p.next_poll_at) * 1000)::float8 as late_ms, ${suspects}::boolean as suspect`.execute(db)
  return rows
}

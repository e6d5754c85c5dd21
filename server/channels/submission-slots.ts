import { sql, type RawBuilder } from 'kysely'
import type { Db, TaskAttempt } from '../database/tables.ts'

/** A full channel is looked at again after this, should no ending task have made room before (Submissions.fillFreePlaces). */
const FULL_WAIT_MS = 30_000

/** Limits of a channel's settings: tasks in hand at once, and submissions a minute. Absent: no limit of ours. */
interface Limits { concurrency?: number, requestsPerMinute?: number }

/** For how many milliseconds nothing is submitted on the channel whose `channel_limits` row is joined: the upstream said 429. */
export const pausedMs = sql<number>`greatest(0, coalesce(extract(epoch from channel_limits.submit_paused_until - now()) * 1000, 0))::float8`

/** What says who is next on a channel: batches come after what somebody waits for, older tasks before newer ones. */
export function lineOrder (tasks: string): RawBuilder<unknown> {
  const table = sql.table(tasks)
  return sql`(${table}.batch_id is not null, ${table}.created_at, ${table}.id)`
}

export function hasSubmissionLimits (settings: Record<string, unknown>): boolean {
  const { concurrency, requestsPerMinute } = limitsOf(settings)
  return concurrency !== undefined || requestsPerMinute !== undefined
}

/**
 * Whether an attempt may be sent on its channel, which has limits, now; else how many milliseconds to wait. Takes the place and the
 * token when it may. First come, first served, batches after the rest: nobody overtakes an attempt that is ahead in the line for the same channel (lineOrder).
 */
export async function takeSubmissionSlot (trx: Db, attempt: Pick<TaskAttempt, 'task_id' | 'channel_id'>, settings: Record<string, unknown>): Promise<number> {
  const limits = limitsOf(settings)
  // One decision a channel at a time, or two would take the same place.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`submit ${attempt.channel_id}`}, 0))`.execute(trx)
  const { busy, ahead } = await findStanding(trx, attempt)
  if (limits.concurrency !== undefined && busy + ahead >= limits.concurrency) return FULL_WAIT_MS
  return limits.requestsPerMinute === undefined ? 0 : await takeToken(trx, attempt.channel_id, limits.requestsPerMinute, ahead)
}

/** The upstream said 429: the whole channel waits, not only the attempt that heard it. */
export async function pauseSubmissions (trx: Db, channelId: string, pauseMs: number): Promise<void> {
  await sql`
    insert into channel_limits (channel_id, submit_paused_until)
    values (${channelId}, now() + ${pauseMs} * interval '1 millisecond')
    on conflict (channel_id) do update
    set submit_paused_until = greatest(channel_limits.submit_paused_until, excluded.submit_paused_until)`.execute(trx)
}

/** The next attempts in line of channels that have limits, as many as `limit` a channel: candidates for free places. */
export async function listWaiting (db: Db, limit: number, channelId?: string): Promise<Array<{ taskId: string, attempt: number }>> {
  const { rows } = await sql<{ taskId: string, attempt: number }>`
    select w.task_id as "taskId", w.attempt
    from channels c
    cross join lateral (
      select a.task_id, a.attempt
      from tasks t
      join task_attempts a on a.task_id = t.id and a.attempt = t.attempt and a.state = 'pending'
      where t.channel_id = c.id and t.status = 'QUEUED' and coalesce(a.not_before, now()) <= now()
      order by t.batch_id is not null, t.created_at
      limit ${limit}
    ) w
    where c.settings ?| array['concurrency', 'requestsPerMinute'] and (${channelId ?? null}::text is null or c.id = ${channelId ?? null})`.execute(db)
  return rows
}

function limitsOf ({ concurrency, requestsPerMinute }: Record<string, unknown>): Limits {
  return {
    concurrency: typeof concurrency === 'number' ? concurrency : undefined,
    requestsPerMinute: typeof requestsPerMinute === 'number' ? requestsPerMinute : undefined
  }
}

/** How many tasks the upstream has, or may have, in hand, and how many ahead of it are about to be sent. */
async function findStanding (trx: Db, { task_id: taskId, channel_id: channelId }: Pick<TaskAttempt, 'task_id' | 'channel_id'>): Promise<{ busy: number, ahead: number }> {
  const { rows } = await sql<{ busy: number, ahead: number }>`
    select
      count(*) filter (where other.status = 'PROCESSING' or other.stage in ('submitting', 'confirming'))::int as busy,
      count(*) filter (where a.state = 'pending' and coalesce(a.not_before, now()) <= now() and ${lineOrder('other')} < ${lineOrder('mine')})::int as ahead
    from tasks mine
    join tasks other on other.channel_id = ${channelId} and other.status in ('QUEUED', 'PROCESSING') and other.id <> mine.id
    join task_attempts a on a.task_id = other.id and a.attempt = other.attempt
    where mine.id = ${taskId}`.execute(trx)
  return rows[0]!
}

/**
 * Takes a token unless those ahead need it. The bucket holds a second's worth, at least one token. Answers with 0, or
 * with the wait until there are enough, in milliseconds.
 */
async function takeToken (trx: Db, channelId: string, perMinute: number, ahead: number): Promise<number> {
  const perSecond = perMinute / 60
  const size = Math.max(1, perSecond)
  const { rows } = await sql<{ tokens: number }>`
    insert into channel_limits as l (channel_id, submit_tokens, submit_refilled_at)
    values (${channelId}, ${size}, now())
    on conflict (channel_id) do update
    set submit_tokens = least(${size}, l.submit_tokens + ${perSecond} * extract(epoch from now() - greatest(l.submit_refilled_at, now() - interval '1 minute'))),
        submit_refilled_at = now()
    returning submit_tokens as tokens`.execute(trx)
  const missing = ahead + 1 - rows[0]!.tokens
  if (missing > 0) return Math.ceil(missing / perSecond * 1000)
  await sql`update channel_limits set submit_tokens = submit_tokens - 1 where channel_id = ${channelId}`.execute(trx)
  return 0
}

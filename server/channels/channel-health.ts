import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'

/** What was submitted on a channel within a window, and how it stands now. Read from the tables: every process tells the same. */
export interface ChannelHealth {
  submitted: number
  accepted: number
  refused: number
  unsent: number
  unknown: number
  completed: number
  failed: number
  /** Milliseconds from sending to acceptance. */
  acceptP50: number | null
  acceptP95: number | null
  /** From acceptance to the end. */
  completeP50: number | null
  completeP95: number | null
  queued: number
  submitting: number
  running: number
  failingPolls: number
  rateLimitedUntil: Date | null
  refusedUntil: Date | null
  lastError: { code: string, message: string | null, at: Date } | null
}

export async function readHealth (db: Db, channelId: string, windowMinutes: number): Promise<ChannelHealth> {
  const [recent, standing, limits, lastError] = await Promise.all([readRecent(db, channelId, windowMinutes), readStanding(db, channelId), readLimits(db, channelId), findLastError(db, channelId, windowMinutes)])
  return { ...recent, ...standing, ...limits, lastError }
}

type Recent = Omit<ChannelHealth, 'queued' | 'submitting' | 'running' | 'failingPolls' | 'rateLimitedUntil' | 'refusedUntil' | 'lastError'>

async function readRecent (db: Db, channelId: string, windowMinutes: number): Promise<Recent> {
  const { rows } = await sql<Recent>`
    select
      count(*)::int as submitted,
      count(*) filter (where a.state = 'accepted')::int as accepted,
      count(*) filter (where a.state = 'refused')::int as refused,
      count(*) filter (where a.state = 'unsent' or (a.state = 'pending' and a.error_code is not null))::int as unsent,
      count(*) filter (where a.state = 'unknown')::int as unknown,
      count(*) filter (where a.state = 'accepted' and t.status = 'COMPLETED')::int as completed,
      count(*) filter (where a.state = 'accepted' and t.status = 'FAILED')::int as failed,
      percentile_cont(0.5) within group (order by extract(epoch from a.accepted_at - a.sent_at) * 1000) as "acceptP50",
      percentile_cont(0.95) within group (order by extract(epoch from a.accepted_at - a.sent_at) * 1000) as "acceptP95",
      percentile_cont(0.5) within group (order by extract(epoch from t.completed_at - a.accepted_at) * 1000) filter (where t.status = 'COMPLETED') as "completeP50",
      percentile_cont(0.95) within group (order by extract(epoch from t.completed_at - a.accepted_at) * 1000) filter (where t.status = 'COMPLETED') as "completeP95"
    from task_attempts a
    left join tasks t on t.id = a.task_id and t.attempt = a.attempt
    where a.channel_id = ${channelId} and a.sent_at > now() - ${windowMinutes} * interval '1 minute'`.execute(db)
  return rows[0]!
}

async function readStanding (db: Db, channelId: string): Promise<Pick<ChannelHealth, 'queued' | 'submitting' | 'running' | 'failingPolls'>> {
  const { rows } = await sql<Pick<ChannelHealth, 'queued' | 'submitting' | 'running' | 'failingPolls'>>`
    select
      count(*) filter (where status = 'QUEUED' and stage not in ('submitting', 'confirming'))::int as queued,
      count(*) filter (where status = 'QUEUED' and stage in ('submitting', 'confirming'))::int as submitting,
      count(*) filter (where status = 'PROCESSING')::int as running,
      (select count(*)::int from task_polls p where p.channel_id = ${channelId} and p.is_open and p.failures > 0) as "failingPolls"
    from tasks
    where channel_id = ${channelId} and status in ('QUEUED', 'PROCESSING')`.execute(db)
  return rows[0]!
}

async function readLimits (db: Db, channelId: string): Promise<Pick<ChannelHealth, 'rateLimitedUntil' | 'refusedUntil'>> {
  const row = await db
    .selectFrom('channel_limits')
    .select([sql<Date | null>`nullif(greatest(submit_paused_until, now()), now())`.as('rateLimitedUntil'), sql<Date | null>`nullif(greatest(refused_until, now()), now())`.as('refusedUntil')])
    .where('channel_id', '=', channelId)
    .executeTakeFirst()
  return row ?? { rateLimitedUntil: null, refusedUntil: null }
}

/** Of a submission, or of what came of one. */
async function findLastError (db: Db, channelId: string, windowMinutes: number): Promise<ChannelHealth['lastError']> {
  const { rows } = await sql<{ code: string, message: string | null, at: Date }>`
    select *
    from (
      select error_code as code, error_detail as message, coalesce(finished_at, sent_at) as at
      from task_attempts
      where channel_id = ${channelId} and sent_at > now() - ${windowMinutes} * interval '1 minute' and state <> 'accepted'
      union all
      select t.error_code, t.error_detail, t.completed_at
      from task_attempts a
      join tasks t on t.id = a.task_id and t.attempt = a.attempt and t.status = 'FAILED'
      where a.channel_id = ${channelId} and a.sent_at > now() - ${windowMinutes} * interval '1 minute' and a.state = 'accepted'
    ) errors
    where code is not null
    order by at desc
    limit 1`.execute(db)
  return rows[0] ?? null
}

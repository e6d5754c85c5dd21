import { sql } from 'kysely'
import { hasSubmissionLimits, pausedMs, takeSubmissionSlot } from '../channels/submission-slots.ts'
import type { AccountRef } from '../channels/upstreams.ts'
import type { Channel, Db, Task, TaskAttempt } from '../database/tables.ts'
import type { TaskJob } from '../queues/queues.ts'
import { submittedModel } from '../upstreams/models.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { setStage, stageOf } from './transitions.ts'

/** An attempt with all that its submission says. */
export type Submittable = TaskAttempt & Pick<Task, 'model' | 'prompt' | 'size' | 'aspect_ratio' | 'duration' | 'options' | 'type' | 'remix_from_external' | 'channel_named'> & { file_hashes: string[] | null }

export type Claim =
  /** With the adapter that is to send it; undefined when its account cannot be opened. */
  | { claimed: Submittable, upstream: Upstream | undefined }
  /** The channel has no room: come again after so many milliseconds. */
  | { waitMs: number }
  /** The channel was disabled or deleted: perhaps another one takes it. */
  | { leaving: Submittable }
  /** Not pending, not due, or somebody else's. */
  | undefined

interface ClaimOptions {
  leaseMs: number
  mayLeave: boolean
  open: (account: AccountRef) => Promise<Upstream | undefined>
}

/**
 * Takes a pending attempt for sending. The lease, and what the model will be called, are committed before the socket opens:
 * whoever finds the lease expired knows that bytes may have left, and what to look for.
 */
export async function claimAttempt (db: Db, job: TaskJob, { leaseMs, mayLeave, open }: ClaimOptions): Promise<Claim> {
  const due = await findDueAttempt(db, job)
  if (!due) return undefined
  if (mayLeave && due.leaving) return { leaving: await findSubmittable(db, job) }
  if (due.paused_ms > 0) return { waitMs: due.paused_ms }
  const upstream = await open(due)
  const terms = { leaseMs, upstreamModel: upstream && submittedModel(upstream.capabilities, due)?.upstreamModel }
  const claim = hasSubmissionLimits(due.settings) ? await claimInTurn(db, job, terms) : await claimNow(db, job, terms)
  return claim && 'claimed' in claim ? { ...claim, upstream } : claim
}

interface Terms { leaseMs: number, upstreamModel: string | undefined }

type Turn = { claimed: Submittable } | { waitMs: number } | undefined

/** The place on the channel and the claim, or neither. */
async function claimInTurn (db: Db, job: TaskJob, terms: Terms): Promise<Turn> {
  return await db.transaction().execute(async trx => {
    const due = await findDueAttempt(trx, job, { lock: true })
    if (!due) return undefined
    const waitMs = await takeSubmissionSlot(trx, due, due.settings)
    return waitMs > 0 ? { waitMs } : await claimNow(trx, job, terms)
  })
}

type DueAttempt = Pick<TaskAttempt, 'task_id' | 'channel_id' | 'credential_id'> & Pick<Task, 'model'> & Pick<Channel, 'settings'> & { paused_ms: number, leaving: boolean }

function findDueAttempt (db: Db, { taskId, attempt }: TaskJob, { lock = false } = {}): Promise<DueAttempt | undefined> {
  return db
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .innerJoin('channels', 'channels.id', 'a.channel_id')
    .leftJoin('channel_limits', 'channel_limits.channel_id', 'channels.id')
    .select(['a.task_id', 'a.channel_id', 'a.credential_id', 't.model', 'channels.settings', pausedMs.as('paused_ms')])
    .select(sql<boolean>`channels.disabled_at is not null or channels.deleted_at is not null`.as('leaving'))
    .where('a.task_id', '=', taskId)
    .where('a.attempt', '=', attempt)
    .where(isDue)
    .$if(lock, query => query.forUpdate('a'))
    .executeTakeFirst()
}

async function claimNow (db: Db, { taskId, attempt }: TaskJob, { leaseMs, upstreamModel }: Terms): Promise<Turn> {
  const claimed = await db
    .with('a', query => query
      .updateTable('task_attempts as a')
      .set({
        state: 'sending',
        lease_token: crypto.randomUUID(),
        lease_until: sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`,
        sent_at: sql`clock_timestamp()`,
        upstream_model: upstreamModel ?? null,
        tries: sql`tries + 1`
      })
      .where('task_id', '=', taskId)
      .where('attempt', '=', attempt)
      .where(isDue)
      .returningAll())
    .with('staged', query => stageOf(query, taskId, attempt, 'submitting').where(sql<boolean>`exists (select from a)`))
    .selectFrom('a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .selectAll('a')
    .select(SUBMITTED)
    .select(fileHashes.as('file_hashes'))
    .executeTakeFirst()
  return claimed && { claimed }
}

function findSubmittable (db: Db, { taskId, attempt }: TaskJob): Promise<Submittable> {
  return db
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .selectAll('a')
    .select(SUBMITTED)
    .select(fileHashes.as('file_hashes'))
    .where('a.task_id', '=', taskId)
    .where('a.attempt', '=', attempt)
    .executeTakeFirstOrThrow()
}

/** What of a task `t` goes upstream. */
export const SUBMITTED = ['t.model', 't.prompt', 't.size', 't.aspect_ratio', 't.duration', 't.options', 't.type', 't.remix_from_external', 't.channel_named'] as const
/** Its files, each with what it is for. */
export const fileHashes = sql<string[] | null>`(select array_agg(assets.kind || ' ' || assets.sha256 order by assets.kind, assets.position) from assets where assets.task_id = t.id and assets.kind in ('input', 'source', 'first_frame', 'last_frame', 'reference'))`

const isDue = sql<boolean>`a.state = 'pending' and coalesce(a.not_before, now()) <= now() and a.deadline_at > now()`

/**
 * The task of an attempt that is its current one and in this state, while the task waits. Until the transaction ends no cancel comes in
 * between, and no late answer. The attempt is locked before its task, as everywhere: two of these cannot wait for each other.
 */
export async function lockQueued (trx: Db, { taskId, attempt }: TaskJob, state: TaskAttempt['state']): Promise<Task | undefined> {
  return await trx
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', join => join.onRef('t.id', '=', 'a.task_id').onRef('t.attempt', '=', 'a.attempt'))
    .selectAll('t')
    .where('a.task_id', '=', taskId)
    .where('a.attempt', '=', attempt)
    .where('a.state', '=', state)
    .where('t.status', '=', 'QUEUED')
    .where('t.deleted_at', 'is', null)
    .forUpdate(['a', 't'])
    .executeTakeFirst()
}

/** Ends an attempt that made nothing (`refused`, `unsent`, `cancelled`), or of which nobody knows (`unknown`). False: it was no longer open. */
export async function closeAttempt (trx: Db, { taskId, attempt }: TaskJob, state: 'refused' | 'unsent' | 'unknown' | 'cancelled', code: string | null, detail: string | null, from: Array<'pending' | 'sending'> = ['pending', 'sending']): Promise<boolean> {
  const closed = await trx
    .updateTable('task_attempts')
    .set({ state, error_code: code, error_detail: detail, lease_token: null, lease_until: null, finished_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', 'in', from)
    .executeTakeFirst()
  return closed.numUpdatedRows > 0n
}

/** Puts an attempt that made nothing back in line. */
export async function postponeAttempt (trx: Db, { taskId, attempt }: TaskJob, delayMs: number, code: string, detail: string): Promise<boolean> {
  const postponed = await trx
    .updateTable('task_attempts')
    .set({
      state: 'pending',
      not_before: sql`now() + ${delayMs} * interval '1 millisecond'`,
      error_code: code,
      error_detail: detail,
      lease_token: null,
      lease_until: null
    })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'sending')
    .executeTakeFirst()
  if (postponed.numUpdatedRows === 0n) return false
  await setStage(trx, taskId, attempt, 'accepted')
  return true
}

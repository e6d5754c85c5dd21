import { sql } from 'kysely'
import { channelsOfProvider } from '../channels/channels-of-provider.ts'
import type { Db, Task } from '../database/tables.ts'
import type { TaskJob } from '../queues/queues.ts'
import type { ListedJob } from '../upstreams/upstream.ts'
import { isSamePrompt, type Wanted } from './match-listed-jobs.ts'
import { fileHashes, SUBMITTED, type Submittable } from './submission-records.ts'

/** An attempt in doubt with what a look-up compares. */
export type Doubt = Submittable & Wanted & Pick<Task, 'user_id' | 'status' | 'stage' | 'cancel_requested_at'> & { asked_for_ms: number, past_deadline_ms: number, is_current: boolean }

export async function findDoubt (db: Db, { taskId, attempt }: TaskJob): Promise<Doubt | undefined> {
  return await db
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .selectAll('a')
    .select(SUBMITTED)
    .select(['t.user_id', 't.status', 't.stage', 't.cancel_requested_at', fileHashes.as('file_hashes'), sourceModel.as('source_model')])
    .select(sql<boolean>`t.attempt = a.attempt`.as('is_current'))
    .select(sql<number>`(extract(epoch from now() - a.sent_at) * 1000)::float8`.as('asked_for_ms'))
    .select(sql<number>`(extract(epoch from now() - a.deadline_at) * 1000)::float8`.as('past_deadline_ms'))
    .where('a.task_id', '=', taskId)
    .where('a.attempt', '=', attempt)
    .where('a.state', '=', 'unknown')
    .where('t.deleted_at', 'is', null)
    .executeTakeFirst()
}

/** Committed before asking: a look that crashes its process is revived half a minute later (sweep.ts), not at once and for ever. */
export async function noteLook (db: Db, { taskId, attempt }: TaskJob): Promise<void> {
  await db
    .updateTable('task_attempts')
    .set({ not_before: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'unknown')
    .execute()
}

export async function hasEqualSender (db: Db, doubt: Doubt): Promise<boolean> {
  const senders = await db
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .select('t.prompt')
    .where('a.state', '=', 'sending')
    .where('a.channel_id', 'in', channelsOfProvider(doubt.channel_id))
    .where(isOfSameModel(doubt))
    .execute()
  return senders.some(({ prompt }) => isSamePrompt(prompt, doubt.prompt))
}

/** The other submissions that are in doubt at the provider and were sent in the same time. */
export async function findRivals (db: Db, doubt: Doubt, from: Date, to: Date): Promise<Wanted[]> {
  return await db
    .selectFrom('task_attempts as a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .select(SUBMITTED)
    .select(['a.upstream_model', fileHashes.as('file_hashes'), sourceModel.as('source_model')])
    .where('a.state', '=', 'unknown')
    .where('a.channel_id', 'in', channelsOfProvider(doubt.channel_id))
    .where('a.task_id', '!=', doubt.task_id)
    .where('a.sent_at', '>=', from)
    .where('a.sent_at', '<=', to)
    .where(isOfSameModel(doubt))
    .where('t.deleted_at', 'is', null)
    .execute()
}

/** By the client's name for it, or by what it went upstream as. */
function isOfSameModel ({ model, upstream_model: upstreamModel }: Doubt) {
  return sql<boolean>`(t.model = ${model} or a.upstream_model = ${upstreamModel})`
}

/** What the source of a remix was made with: where a remix names no model, that is what its provider shows. */
const sourceModel = sql<string | null>`(select source.upstream_model from task_attempts source where source.channel_id = a.channel_id and source.external_task_id = t.remix_from_external)`

export async function withoutBound (db: Db, channelId: string, jobs: ListedJob[]): Promise<ListedJob[]> {
  if (jobs.length === 0) return []
  const bound = await db
    .selectFrom('task_attempts')
    .select('external_task_id')
    .where('channel_id', 'in', channelsOfProvider(channelId))
    .where('external_task_id', 'in', jobs.map(job => job.externalTaskId))
    .execute()
  const taken = new Set(bound.map(row => row.external_task_id))
  return jobs.filter(job => !taken.has(job.externalTaskId))
}

export async function markNotMade (trx: Db, { task_id: taskId, attempt }: Doubt, state: 'unsent' | 'cancelled'): Promise<void> {
  await trx
    .updateTable('task_attempts')
    .set({ state, finished_at: sql`now()` })
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .execute()
}

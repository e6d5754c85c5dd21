import { sql } from 'kysely'
import type { Channel, Db } from '../database/tables.ts'
import type { FailureClass } from '../upstreams/upstream.ts'
import { pausedMs } from './submission-slots.ts'

/** For so long other channels are asked before one whose provider refused its key or its balance. */
const REFUSED_MS = 60_000

/** Why a channel would not take a task at once. */
export type Holdup = 'full' | 'rateLimited' | 'refused' | 'notAnswering'

/** A channel with the id of the credential that new submissions use (null for the sandbox), and how it stands with new tasks. */
export type UsableChannel = Channel & { current_credential_id: string | null, in_hand: number | null, paused_ms: number, refused: boolean }

/** What this process alone knows: for how long it leaves a channel alone that does not answer. */
export interface Pauses { pauseMs: (channelId: string) => number }

/** The owner's channels, the preferred first, with those that are disabled. The sandbox is not one of them. */
export function listConfiguredChannels (db: Db): Promise<UsableChannel[]> {
  return db
    .selectFrom('channels')
    .leftJoin('channel_credentials as key', join => join
      .onRef('key.channel_id', '=', 'channels.id')
      .on('key.retired_at', 'is', null))
    .leftJoin('channel_limits', 'channel_limits.channel_id', 'channels.id')
    .selectAll('channels')
    .select(['key.id as current_credential_id', pausedMs.as('paused_ms'), inHand.as('in_hand')])
    .select(sql<boolean>`coalesce(refused_until > now(), false)`.as('refused'))
    .where('builtin', '=', false)
    .where('deleted_at', 'is', null)
    .orderBy('priority', 'desc')
    .orderBy('channels.created_at')
    .execute()
}

/** Counted for channels that have a limit, and no further than it. */
const inHand = sql<number | null>`case when channels.settings ? 'concurrency' then (
  select count(*)::int
  from (
    select from tasks
    where tasks.channel_id = channels.id and tasks.status in ('QUEUED', 'PROCESSING')
    limit greatest(0, (channels.settings ->> 'concurrency')::numeric)::bigint
  ) counted
) end`

/** Undefined: it takes a task now, as far as anybody knows. */
export function holdupOf (channel: UsableChannel, pauses: Pauses): Holdup | undefined {
  if (channel.refused) return 'refused'
  if (pauses.pauseMs(channel.id) > 0) return 'notAnswering'
  if (channel.paused_ms > 0) return 'rateLimited'
  return freeShare(channel) > 0 ? undefined : 'full'
}

/** How much of a channel is free, from 0 to 1; what has no limit is. */
export function freeShare ({ settings, in_hand: inHand }: Pick<UsableChannel, 'settings' | 'in_hand'>): number {
  const { concurrency } = settings
  return inHand === null || typeof concurrency !== 'number' ? 1 : Math.max(0, 1 - inHand / concurrency)
}

/** Whether a refusal, or what kept a submission from being sent, speaks of the channel: then another one may take the task. */
export function isAboutChannel (failureClass: FailureClass): boolean {
  return ['auth', 'quota', 'rate_limit', 'unavailable'].includes(failureClass)
}

/** Others are asked first for a while. A 429 has a pause of its own. */
export async function noteRefusal (trx: Db, channelId: string, failureClass: FailureClass): Promise<void> {
  if (!isAboutChannel(failureClass) || failureClass === 'rate_limit') return
  await sql`
    insert into channel_limits (channel_id, refused_until)
    values (${channelId}, now() + ${REFUSED_MS} * interval '1 millisecond')
    on conflict (channel_id) do update set refused_until = excluded.refused_until`.execute(trx)
}

/** With another key or balance it may be asked again at once. */
export async function forgetRefusal (trx: Db, channelId: string): Promise<void> {
  await trx.updateTable('channel_limits').set({ refused_until: null }).where('channel_id', '=', channelId).execute()
}

import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { remainingMs } from './cadence.ts'
import { countRuns, createProfile, type RunTime, type RunTimeProfile } from './run-time-histogram.ts'

/** After so many newer runs a run counts half … */
export const KEPT_RUNS = 200
/** … and after so many days, so that a channel seldom used learns anew as well. */
const KEPT_DAYS = 7
/** How old a profile in memory may be. */
const FRESH_MS = 30_000
const MAX_ENTRIES = 1_000

/** Tasks that may be expected to run equally long. */
export interface TaskKind { channelId: string, model: string, duration: string | null }

export type FinishedRun = TaskKind & RunTime

/**
 * Adds runs to the profiles of their kinds, in the transaction that commits their endings. Each row is added to in
 * place, so recorders side by side lose nothing; call it last, because the rows stay locked until the commit.
 */
export async function recordRunTimes (trx: Db, runs: readonly FinishedRun[]): Promise<void> {
  if (runs.length === 0) return
  const kept = sql`0.5 ^ (excluded.runs / ${KEPT_RUNS}::float8 + least(extract(epoch from greatest(now() - p.updated_at, '0')) / 86400 / ${KEPT_DAYS}, 100)::float8)`
  // Rounded, because a real that fades towards nothing is an underflow error in the end.
  await sql`
    insert into run_time_profiles as p (channel_id, model, duration, bins, runs, foretold, overrun)
    select channel_id, model, duration, bins, runs, foretold, overrun
    from jsonb_to_recordset(${JSON.stringify(countByKind(runs))}::jsonb) as r (channel_id text, model text, duration numeric, bins real[], runs real, foretold real, overrun real)
    order by channel_id, model, duration
    on conflict (channel_id, model, duration) do update
    set bins = (
          select array_agg(round((old * ${kept} + new)::numeric, 6)::real order by bin)
          from unnest(p.bins, excluded.bins) with ordinality as b (old, new, bin)
        ),
        runs = round((p.runs * ${kept} + excluded.runs)::numeric, 6),
        foretold = round((p.foretold * ${kept} + excluded.foretold)::numeric, 6),
        overrun = round((p.overrun * ${kept} + excluded.overrun)::numeric, 6),
        updated_at = greatest(p.updated_at, now())`.execute(trx)
}

function countByKind (runs: readonly FinishedRun[]) {
  return [...Map.groupBy(runs, keyOf).values()].map(alike => {
    const { channelId, model, duration } = alike[0]!
    return { channel_id: channelId, model, duration: Number(duration ?? 0), runs: alike.length, ...countRuns(alike) }
  })
}

interface Entry { profile: Promise<RunTimeProfile | undefined>, until: number }

/** The profiles as this process knows them: a query a kind every 30 s at most, never one a poll. */
export class RunTimeProfiles {
  readonly #db: Db
  readonly #entries = new Map<string, Entry>()

  constructor (db: Db) {
    this.#db = db
  }

  /** Undefined while too few runs of the kind are known. Never rejects. */
  find (kind: TaskKind): Promise<RunTimeProfile | undefined> {
    const key = keyOf(kind)
    const known = this.#entries.get(key)
    if (known && known.until > performance.now()) return known.profile

    // A profile that cannot be read is no reason to hold up a poll: the last one serves, or none.
    const profile = this.#load(kind).catch(() => known?.profile)
    this.#entries.delete(key)
    this.#makeRoom()
    this.#entries.set(key, { profile, until: performance.now() + FRESH_MS })
    return profile
  }

  /** How long half of a channel's tasks of a model took, in whole seconds, by its most frequent duration; null while too few are known. One query. */
  async medians (channelIds: readonly string[]): Promise<(channelId: string, model: string) => number | null> {
    if (channelIds.length === 0) return () => null
    const rows = await this.#db
      .selectFrom('run_time_profiles')
      .distinctOn(['channel_id', 'model'])
      .select(['channel_id', 'model', 'bins', 'foretold', 'overrun'])
      .where('channel_id', 'in', [...channelIds])
      .orderBy('channel_id')
      .orderBy('model')
      .orderBy('runs', 'desc')
      .execute()
    const medians = new Map(rows.map(row => [JSON.stringify([row.channel_id, row.model]), medianSeconds(createProfile(row))]))
    return (channelId, model) => medians.get(JSON.stringify([channelId, model])) ?? null
  }

  async #load ({ channelId, model, duration }: TaskKind): Promise<RunTimeProfile | undefined> {
    const row = await this.#db
      .selectFrom('run_time_profiles')
      .select(['bins', 'foretold', 'overrun'])
      .where('channel_id', '=', channelId)
      .where('model', '=', model)
      .where('duration', '=', duration ?? '0')
      .executeTakeFirst()
    return row && createProfile(row)
  }

  /** Entries stand in the order they were loaded, so the first is the oldest. */
  #makeRoom (): void {
    if (this.#entries.size < MAX_ENTRIES) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest!)
  }
}

/** When half of the tasks are done, from their acceptance on. */
export function medianSeconds (profile: RunTimeProfile | undefined): number | null {
  const milliseconds = remainingMs({ elapsedMs: 0, profile })
  return milliseconds === undefined ? null : Math.max(1, Math.round(milliseconds / 1000))
}

function keyOf ({ channelId, model, duration }: TaskKind): string {
  return JSON.stringify([channelId, model, Number(duration ?? 0)])
}

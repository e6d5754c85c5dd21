import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { ClaimedPoll } from './poll-claims.ts'

/** Polls of one channel under way at once in one process, unless `settings.pollConcurrency` says otherwise. */
const DEFAULT_CONCURRENCY = 256
/** How long a change of the settings may go unseen. */
const FRESH_MS = 5_000

export interface PollLimit {
  concurrency: number
  /** Of all processes together. */
  perSecond?: number
}

/** What channels allow: read every few seconds, never once a poll. */
export class PollLimits {
  readonly #db: Db
  readonly #buckets = new Set<string>()
  #limits = new Map<string, PollLimit>()
  #readAt = -Infinity

  constructor (db: Db) {
    this.#db = db
  }

  of (channelId: string): PollLimit {
    return this.#limits.get(channelId) ?? { concurrency: DEFAULT_CONCURRENCY }
  }

  /** Those polls of a batch that their channels' rates do not allow now. One statement for the whole batch takes the tokens. */
  async findSurplus (polls: readonly ClaimedPoll[]): Promise<Set<ClaimedPoll>> {
    await this.#refresh()
    const limited = polls.filter(poll => this.of(poll.channel_id).perSecond !== undefined)
    if (limited.length === 0) return new Set()
    const byChannel = Map.groupBy(limited, poll => poll.channel_id)
    const granted = await this.#takeTokens(new Map([...byChannel].map(([id, { length }]) => [id, length])))
    // The latest first.
    return new Set(limited.toSorted((a, b) => b.late_ms - a.late_ms).filter(({ channel_id: id }) => {
      const left = granted.get(id) ?? 0
      granted.set(id, left - 1)
      return left <= 0
    }))
  }

  /** Whether the channel's rate allows one more call now, whose token is taken then. */
  async take (channelId: string): Promise<boolean> {
    await this.#refresh()
    if (this.of(channelId).perSecond === undefined) return true
    return ((await this.#takeTokens(new Map([[channelId, 1]]))).get(channelId) ?? 0) > 0
  }

  async #refresh (): Promise<void> {
    if (performance.now() - this.#readAt > FRESH_MS) await this.#read()
  }

  async #read (): Promise<void> {
    const channels = await this.#db.selectFrom('channels').select(['id', 'settings']).where(sql<boolean>`settings ?| array['pollConcurrency', 'pollsPerSecond']`).execute()
    this.#limits = new Map(channels.map(({ id, settings }) => [id, readLimit(settings)]))
    this.#readAt = performance.now()
  }

  /** From buckets that hold a second's worth, at least one token. */
  async #takeTokens (calls: Map<string, number>): Promise<Map<string, number>> {
    const wanted = [...calls].map(([id, wanted]) => ({ id, wanted, rate: this.of(id).perSecond! }))
    await this.#ensureBuckets(wanted.map(({ id }) => id))
    const { rows } = await sql<{ id: string, granted: number }>`
      with wanted as (
        select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (id text, wanted int, rate float8)
      ),
      filled as (
        select w.*, least(greatest(1, rate), l.poll_tokens + rate * extract(epoch from now() - greatest(l.poll_refilled_at, now() - interval '1 hour'))) as tokens
        from wanted w
        join channel_limits l on l.channel_id = w.id
        order by l.channel_id
        for update of l
      )
      update channel_limits l
      set poll_tokens = tokens - least(wanted, floor(tokens)), poll_refilled_at = now()
      from filled
      where l.channel_id = filled.id
      returning l.channel_id as id, least(wanted, floor(tokens))::int as granted`.execute(this.#db)
    return new Map(rows.map(({ id, granted }) => [id, granted]))
  }

  async #ensureBuckets (ids: string[]): Promise<void> {
    const missing = ids.filter(id => !this.#buckets.has(id))
    if (missing.length === 0) return
    await this.#db.insertInto('channel_limits').values(missing.map(id => ({ channel_id: id }))).onConflict(conflict => conflict.doNothing()).execute()
    for (const id of missing) this.#buckets.add(id)
  }
}

function readLimit ({ pollConcurrency, pollsPerSecond }: Record<string, unknown>): PollLimit {
  return {
    concurrency: isPositive(pollConcurrency) ? Math.max(1, Math.floor(pollConcurrency)) : DEFAULT_CONCURRENCY,
    perSecond: isPositive(pollsPerSecond) ? pollsPerSecond : undefined
  }
}

function isPositive (value: unknown): value is number {
  return typeof value === 'number' && value > 0
}

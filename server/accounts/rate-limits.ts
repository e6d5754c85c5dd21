import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { Caller } from './callers.ts'

const SECONDS = 60
/** Subjects remembered as spent; forgetting one costs a statement, nothing else. */
const MAX_SPENT = 10_000

/** What became of a request that counts against a limit. */
export interface Allowance {
  allowed: boolean
  whose: 'key' | 'user'
  /** Requests a minute. */
  limit: number
  remaining: number
  /** Until one more is allowed. */
  waitSeconds: number
  /** Until all of them are. */
  resetSeconds: number
}

interface Bucket { tokens: number, granted: number }
interface Turn { wanted: number, started: boolean, bucket: Promise<Bucket> }

/**
 * Requests a minute of a key and of a user, for all processes together: token buckets in Postgres, by its clock. A bucket
 * holds one minute's worth, so in any t seconds at most limit × (1 + t / 60) requests pass. A subject's requests that come
 * while a statement for it is under way share the next one; who has no limit costs none.
 */
export class RateLimits {
  readonly #db: Db
  readonly #userLimit: number | undefined
  readonly #turns = new Map<string, Turn>()
  readonly #spent = new Map<string, { limit: number, until: number }>()

  /** `userLimit`: requests a minute of every user; undefined: any number. */
  constructor (db: Db, userLimit: number | undefined) {
    this.#db = db
    this.#userLimit = userLimit
  }

  /** Counts one request. What its key's limit refuses does not count for the user. Undefined when there is no limit. */
  async count ({ id, key }: Caller): Promise<Allowance | undefined> {
    const byKey = key?.requestsPerMinute ? await this.#take('key', key.id, key.requestsPerMinute) : undefined
    if (byKey?.allowed === false || this.#userLimit === undefined) return byKey
    const byUser = await this.#take('user', id, this.#userLimit)
    return byKey && byUser.allowed && byKey.remaining < byUser.remaining ? byKey : byUser
  }

  async #take (whose: Allowance['whose'], id: string, limit: number): Promise<Allowance> {
    const subject = `${whose}:${id}`
    const waitMs = this.#spentMs(subject, limit)
    if (waitMs > 0) return allowance(whose, limit, false, 1 - waitMs * limit / SECONDS / 1000)

    const turn = this.#join(subject, limit)
    const place = ++turn.wanted
    const { tokens, granted } = await turn.bucket
    const allowed = place <= granted
    if (!allowed) this.#remember(subject, limit, tokens)
    return allowance(whose, limit, allowed, tokens)
  }

  /** The turn that has not begun yet, or a new one after the last. */
  #join (subject: string, limit: number): Turn {
    const last = this.#turns.get(subject)
    if (last && !last.started) return last
    const turn: Turn = { wanted: 0, started: false, bucket: Promise.resolve(last?.bucket).catch(() => {}).then(() => this.#run(turn, subject, limit)) }
    this.#turns.set(subject, turn)
    return turn
  }

  async #run (turn: Turn, subject: string, limit: number): Promise<Bucket> {
    turn.started = true
    try {
      return await takeTokens(this.#db, subject, limit, turn.wanted)
    } finally {
      if (this.#turns.get(subject) === turn) this.#turns.delete(subject)
    }
  }

  /** A flood beyond the limit is refused from memory: other processes can only make the bucket emptier. */
  #spentMs (subject: string, limit: number): number {
    const spent = this.#spent.get(subject)
    return spent?.limit === limit ? spent.until - performance.now() : 0
  }

  #remember (subject: string, limit: number, tokens: number): void {
    if (this.#spent.size >= MAX_SPENT) this.#spent.clear()
    this.#spent.set(subject, { limit, until: performance.now() + (1 - tokens) * SECONDS * 1000 / limit })
  }
}

/** Buckets nobody took from for an hour are full, as ones that are not there. */
export async function pruneRateLimits (db: Db): Promise<void> {
  await db.deleteFrom('rate_limits').where(sql<boolean>`refilled_at < now() - interval '1 hour'`).execute()
}

function allowance (whose: Allowance['whose'], limit: number, allowed: boolean, tokens: number): Allowance {
  return {
    allowed,
    whose,
    limit,
    remaining: Math.floor(tokens),
    waitSeconds: Math.max(0, (1 - tokens) * SECONDS / limit),
    resetSeconds: (limit - tokens) * SECONDS / limit
  }
}

/** As many of `wanted` as there are. */
async function takeTokens (db: Db, subject: string, limit: number, wanted: number): Promise<Bucket> {
  for (;;) {
    const { rows: [bucket] } = await sql<Bucket>`
      with filled as (
        select subject, least(${limit}::float8, tokens + ${limit / SECONDS}::float8 * greatest(0, extract(epoch from now() - refilled_at))) as tokens
        from rate_limits
        where subject = ${subject}
        for update
      )
      update rate_limits l
      set tokens = filled.tokens - least(${wanted}::float8, floor(filled.tokens)), refilled_at = greatest(l.refilled_at, now())
      from filled
      where l.subject = filled.subject
      returning l.tokens, least(${wanted}::float8, floor(filled.tokens)) as granted`.execute(db)
    if (bucket) return bucket
    await db.insertInto('rate_limits').values({ subject, tokens: limit }).onConflict(conflict => conflict.doNothing()).execute()
  }
}

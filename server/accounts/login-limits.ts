import { createHash } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { CompiledQuery } from 'kysely'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Db } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import type { Log } from '../log.ts'

const DAY_SECONDS = 24 * 60 * 60

/** Failures allowed in a window. Past a day's budget one try a minute is still let through: slower, never locked. */
const BUDGETS = {
  pair: { points: 10, duration: 60 },
  address: { points: 100, duration: DAY_SECONDS },
  user: { points: 50, duration: DAY_SECONDS },
  slow: { points: 1, duration: 60 }
}

type Budget = keyof typeof BUDGETS

interface LoginName { username: string, ip: string }

export interface LoginAttempt extends LoginName {
  /** Whether the user came from this address before; asked only once the user's day budget is spent. */
  isKnownAddress: () => Promise<boolean>
}

export type LoginLimits = ReturnType<typeof createLoginLimits>

/** Counts failed logins in Postgres, for all processes together; in memory while Postgres cannot. */
export function createLoginLimits (db: Db, log: Log) {
  const client = limiterClient(db, log)
  const limiters = Object.fromEntries(Object.entries(BUDGETS).map(([name, budget]) => [name, new RateLimiterPostgres({
    ...budget,
    keyPrefix: name,
    storeClient: client,
    storeType: 'client',
    tableName: 'login_failures',
    tableCreated: true,
    // One of them clears the table for all.
    clearExpiredByTimeout: name === 'pair',
    insuranceLimiter: new RateLimiterMemory({ ...budget, keyPrefix: name })
  })])) as Record<Budget, RateLimiterPostgres>

  return {
    /**
     * Throws RATE_LIMITED while a budget is spent. Returns the slow tries this attempt took, to give back when it turns out right.
     * Right logins cost nothing, so any number of them may run at once; the few wrong ones that slip through together are counted after.
     */
    async check ({ username, ip, isKnownAddress }: LoginAttempt): Promise<string[]> {
      const keys = attemptKeys(username, ip)
      const [pair, address, user] = await Promise.all([spentMs(limiters.pair, keys.pair), spentMs(limiters.address, keys.address), spentMs(limiters.user, keys.user)])
      if (pair) throw tooMany(pair)

      const slow = []
      if (address) slow.push(`address:${keys.address}`)
      // Strangers who guess at a name from everywhere must not shut its owner out.
      if (user && !await isKnownAddress()) slow.push(`user:${keys.user}`)
      for (const key of slow) await takeSlowTry(limiters.slow, key)
      return slow
    },

    async countFailure ({ username, ip }: LoginName): Promise<void> {
      const keys = attemptKeys(username, ip)
      await Promise.all([limiters.pair.penalty(keys.pair), limiters.address.penalty(keys.address), limiters.user.penalty(keys.user)])
    },

    async forgive ({ username, ip }: LoginName, slow: string[]): Promise<void> {
      await Promise.all([limiters.pair.delete(attemptKeys(username, ip).pair), ...slow.map(key => limiters.slow.delete(key))])
    }
  }
}

/** Milliseconds until the window ends when the budget is spent; 0 while some is left. */
async function spentMs (limiter: RateLimiterPostgres, key: string): Promise<number> {
  const counted = await limiter.get(key)
  if (!counted || counted.remainingPoints > 0) return 0
  return Math.max(counted.msBeforeNext, 1)
}

async function takeSlowTry (limiter: RateLimiterPostgres, key: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) throw tooMany(refusal.msBeforeNext)
    throw refusal
  }
}

function tooMany (waitMs: number): ReelayError {
  return new ReelayError('RATE_LIMITED', { params: { reason: { reason: 'wrongPasswords' } }, retryAfterSeconds: Math.max(Math.ceil(waitMs / 1000), 1) })
}

/** Names are hashed: what people type into the name field by mistake is often their password. */
function attemptKeys (username: string, ip: string): { pair: string, address: string, user: string } {
  const user = createHash('sha256').update(username.toLowerCase()).digest('base64url').slice(0, 22)
  const address = network(ip)
  return { pair: `${user}:${address}`, address, user }
}

/** One customer has a whole IPv6 /64, so its addresses count as one. */
function network (ip: string): string {
  const address = ipaddr.process(ip)
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).parts.slice(0, 4).map(part => part.toString(16)).join(':') : address.toString()
}

/** The limiter's own idea of a Postgres client, over our pool. */
function limiterClient (db: Db, log: Log) {
  return {
    async query ({ text, values = [] }: { text: string, values?: unknown[] }) {
      try {
        const { rows, numAffectedRows } = await db.executeQuery(CompiledQuery.raw(text, values))
        return { rows, rowCount: Number(numAffectedRows ?? rows.length) }
      } catch (error) {
        log.warn({ err: error }, 'login failures are counted in memory: the database did not answer')
        throw error
      }
    }
  }
}

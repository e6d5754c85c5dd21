import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Log } from '../../log.ts'

/** Any number that no other program takes; the same in every release. */
const LOCK_KEY = '7305134277111'
const PAUSE_MS = 100

/**
 * One runner at a time in a database. Asks again and again instead of waiting inside Postgres: a query that waits
 * holds a snapshot, and the holder's `create index concurrently` would wait for that snapshot in turn, for ever.
 */
export async function withMigrationLock<T> (client: pg.Client, log: Log | undefined, use: () => Promise<T>): Promise<T> {
  for (let said = false; !await tryLock(client); said = true) {
    if (!said) log?.info({}, 'Waiting for another migration runner')
    await sleep(PAUSE_MS + Math.random() * PAUSE_MS)
  }
  try {
    return await use()
  } finally {
    // A broken connection has dropped it already.
    await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]).catch(() => {})
  }
}

async function tryLock (client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK_KEY])
  return rows[0]!.locked
}

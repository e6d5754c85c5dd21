import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { Log } from '../log.ts'

const BEAT_MS = 1_000
/** A process whose lock is free is dead once it has said nothing for this long: time enough to come back after a lost connection. */
export const SILENT_MS = 5_000
/** A beat that takes longer has lost its connection. */
const BEAT_TIMEOUT_MS = 5_000
const RECONNECT_MS = 250
/** So that Postgres lets go of the lock of a machine that vanished within some 20 s, and not after hours. */
const KEEPALIVES = "select set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '3', false), set_config('tcp_keepalives_count', '3', false)"

/**
 * This process among the workers of the database. Postgres itself says whether a process lives: each holds an advisory
 * lock on a connection of its own. A lost connection frees the lock of a process that lives, and a restart of Postgres
 * frees all of them, so a free lock is not enough: the process must have been silent too, and whoever judges must have
 * kept its own connection for all that time. One that stands still (SIGSTOP) keeps its lock and is not dead. One that
 * was called dead and comes back takes a new id; what it had in hand is fenced by its leases.
 */
export class ProcessRegistry {
  readonly #connectionString: string
  readonly #db: Db
  readonly #log: Log
  readonly #onDead: (id: string) => Promise<void>
  readonly #closing = new AbortController()
  #id: string = crypto.randomUUID()
  #client: pg.Client | undefined
  #loop: Promise<void> | undefined

  constructor (connectionString: string, db: Db, log: Log, onDead: (id: string) => Promise<void>) {
    this.#connectionString = connectionString
    this.#db = db
    this.#log = log
    this.#onDead = onDead
  }

  get id (): string {
    return this.#id
  }

  async start (): Promise<void> {
    await this.#register()
    this.#loop = this.#run()
  }

  /** It was told to stop: what ends it from now on is no crash. */
  async markStopping (): Promise<void> {
    await this.#db.updateTable('server_processes').set({ stopping_at: sql<Date>`now()` }).where('id', '=', this.#id).execute()
  }

  /** Nothing is in hand any more. */
  async close (): Promise<void> {
    await this.abandon()
    await this.#db.deleteFrom('server_processes').where('id', '=', this.#id).execute()
  }

  /** Leaves like a process that crashed: the others will find it. */
  async abandon (): Promise<void> {
    this.#closing.abort()
    // One that does not answer is not waited for.
    this.#client?.connection.stream.destroy()
    await this.#loop
  }

  async #register (): Promise<void> {
    this.#id = crypto.randomUUID()
    await this.#db.insertInto('server_processes').values({ id: this.#id, host: hostname(), pid: process.pid }).execute()
  }

  async #run (): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#beatOnOneConnection()
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#log.warn({ err: error }, 'the connection that shows that this process lives was lost, reconnecting')
      }
      await this.#pause(RECONNECT_MS)
    }
  }

  /** Rejects when the connection is gone. */
  async #beatOnOneConnection (): Promise<void> {
    const client = new pg.Client({ connectionString: this.#connectionString, connectionTimeoutMillis: BEAT_TIMEOUT_MS, query_timeout: BEAT_TIMEOUT_MS, keepAlive: true, application_name: 'reelay process' })
    this.#client = client
    // Unheard, it would end the process; the next query fails anyway.
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(KEEPALIVES)
      const connectedAt = performance.now()
      for (let locked: string | undefined; !this.#closing.signal.aborted; await this.#pause(BEAT_MS)) {
        await this.#beat(client)
        if (locked !== this.#id && await tryLock(client, this.#id)) locked = this.#id
        if (performance.now() - connectedAt > SILENT_MS) await this.#judge(client)
      }
    } finally {
      client.connection.stream.destroy()
    }
  }

  async #beat (client: pg.Client): Promise<void> {
    const { rowCount } = await client.query('update server_processes set seen_at = clock_timestamp() where id = $1', [this.#id])
    if (rowCount === 1) return
    await this.#register()
    this.#log.warn({ processId: this.#id }, 'this process was silent for so long that it counted as dead')
  }

  async #judge (client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ id: string }>("select id from server_processes where seen_at < now() - $1 * interval '1 millisecond' and id <> $2", [SILENT_MS, this.#id])
    for (const { id } of rows) {
      if (!await tryLock(client, id)) continue
      // Held meanwhile: two do not bury the same process, and it cannot rise halfway.
      await this.#onDead(id).finally(() => client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [id]))
    }
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {})
  }
}

async function tryLock (client: pg.Client, id: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as locked', [id])
  return rows[0]!.locked
}

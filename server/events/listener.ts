import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../log.ts'

/** A connection that died silently is noticed after PING_EVERY_MS + PING_TIMEOUT_MS; before it listens, after PING_TIMEOUT_MS. */
const PING_EVERY_MS = 10_000
const PING_TIMEOUT_MS = 5_000
const MAX_PAUSE_MS = 2_000

/**
 * The one LISTEN connection of a process. It calls `onWake` for each notification and after every (re)connection,
 * since whatever was notified in between is lost. A notification is only a hint; the rows are the truth.
 */
export class Listener {
  readonly #connectionString: string
  readonly #channel: string
  readonly #onWake: () => void
  readonly #log: Log
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #client: pg.Client | undefined

  constructor (connectionString: string, channel: string, onWake: () => void, log: Log) {
    this.#connectionString = connectionString
    this.#channel = channel
    this.#onWake = onWake
    this.#log = log
  }

  start (): void {
    this.#running = this.#run()
  }

  async close (): Promise<void> {
    this.#closing.abort()
    this.#client?.connection.stream.destroy()
    await this.#running
  }

  async #run (): Promise<void> {
    let pauseMs = 50
    while (!this.#closing.signal.aborted) {
      try {
        await this.#listen(() => { pauseMs = 50 })
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#log.warn({ err: error }, 'the LISTEN connection was lost, reconnecting')
      }
      await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => {})
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
    }
  }

  /** Resolves or rejects when the connection is gone. */
  async #listen (onConnected: () => void): Promise<void> {
    const client = new pg.Client({ connectionString: this.#connectionString, connectionTimeoutMillis: PING_TIMEOUT_MS, query_timeout: PING_TIMEOUT_MS, keepAlive: true, application_name: 'reelay listen' })
    this.#client = client
    const gone = new Promise<void>((resolve, reject) => {
      client.on('error', reject)
      client.on('end', resolve)
    })
    gone.catch(() => {})
    client.on('notification', this.#onWake)
    try {
      await client.connect()
      await client.query(`listen ${pg.escapeIdentifier(this.#channel)}`)
      onConnected()
      this.#onWake()
      await Promise.race([gone, this.#ping(client)])
    } finally {
      client.connection.stream.destroy()
    }
  }

  /** Rejects when the server does not answer in time: a black hole looks like silence. */
  async #ping (client: pg.Client): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await sleep(PING_EVERY_MS, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {})
      if (this.#closing.signal.aborted) return
      await client.query('select 1')
    }
  }
}

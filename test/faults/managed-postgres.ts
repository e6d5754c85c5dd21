import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { prepareCluster } from '../../server/database/embedded/cluster.ts'
import { adoptOrLaunch, type Running } from '../../server/database/embedded/launch.ts'
import { socketUrl } from '../../server/database/embedded/postmaster.ts'
import { stopPostgres } from '../../server/database/embedded/supervisor.ts'
import { silentLog } from '../support/silent-log.ts'

export const DATABASE = 'faults'

/** How Postgres goes down: as in a crash of the machine, as an operator in a hurry does it, as an upgrade does it. */
export const POSTGRES_SIGNALS = ['SIGKILL', 'SIGQUIT', 'SIGINT'] as const

/** A Postgres of the run's own, which nobody restarts but `restart`. Its files outlive every signal, so fsync is not needed; commits stay synchronous. */
export class ManagedPostgres {
  readonly #cluster: Awaited<ReturnType<typeof prepareCluster>>
  #running: Running

  static async start (dataDir: string): Promise<ManagedPostgres> {
    const cluster = await prepareCluster({ dataDir, log: silentLog, settings: { fsync: 'off', max_connections: '100' } })
    const postgres = new ManagedPostgres(cluster, await adoptOrLaunch(cluster))
    await postgres.query(`create database ${DATABASE}`, 'postgres')
    return postgres
  }

  private constructor (cluster: Awaited<ReturnType<typeof prepareCluster>>, running: Running) {
    this.#cluster = cluster
    this.#running = running
  }

  get url (): string {
    return this.urlOf(DATABASE)
  }

  get socketFolder (): string {
    return this.#running.socketDir
  }

  urlOf (database: string): string {
    return socketUrl(this.#running.socketDir, database)
  }

  /** Down by the signal, away for a while, up again: resolves when it takes connections. */
  async restart (signal: typeof POSTGRES_SIGNALS[number], awayMs: number): Promise<void> {
    process.kill(this.#running.pid, signal)
    await this.#running.exited
    await sleep(awayMs)
    this.#running = await adoptOrLaunch(this.#cluster)
  }

  /** Ends every connection but the one that asks for it; or those alone that call themselves so. */
  async terminateConnections (applicationName?: string): Promise<void> {
    const named = applicationName === undefined ? '' : `and application_name = '${applicationName}'`
    await this.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() ${named}`)
  }

  async query<T = Record<string, unknown>> (text: string, database = DATABASE): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.urlOf(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      const { rows } = await client.query(text)
      return rows
    } finally {
      await client.end()
    }
  }

  /** Without waiting, when the run itself is ended. */
  abandon (): void {
    process.kill(this.#running.pid, 'SIGQUIT')
  }

  async stop (): Promise<void> {
    await stopPostgres(this.#running)
  }
}

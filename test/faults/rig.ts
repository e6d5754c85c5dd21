import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogPosition } from '../../server/events/event-log.ts'
import { logIn, openAccount, PASSWORD, type Account } from './account.ts'
import type { AttemptEvidence, EventEvidence, Evidence, TaskEvidence } from './evidence.ts'
import { History, writeLines } from './history.ts'
import { ManagedPostgres } from './managed-postgres.ts'
import { ManagedServer } from './managed-server.ts'
import { startProvider } from './provider.ts'
import type { Random } from './random.ts'

/** What a process says when an error reached nobody. */
const COMPLAINTS = /unhandled ?rejection|uncaught ?exception|nobody caught|MaxListenersExceeded|out of memory/i
/** A run that is cut short takes its processes along. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const exitAtOnce = () => process.exit(1)

export type ProviderType = 'openai' | 'sora-relay'

export interface RigOptions {
  type: ProviderType
  servers: number
  /** Users beside the admin. */
  accounts?: { count: number, random: Random }
  env?: Record<string, string>
  /** Where the servers find Postgres, when something stands between. */
  reachPostgres?: (postgres: ManagedPostgres, folder: string) => Promise<string>
}

/** Everything of a run: Postgres, the provider, the servers, and what is known about them. */
export class Rig {
  readonly history = new History()
  readonly folder = mkdtempSync(join(tmpdir(), 'reelay-faults-'))
  readonly type: ProviderType
  readonly servers: ManagedServer[] = []
  readonly accounts: Account[] = []
  readonly #abandon = () => this.#abandonAll()
  postgres!: ManagedPostgres
  provider!: Awaited<ReturnType<typeof startProvider>>
  authorization = ''
  #awaySince = 0
  #away = false

  static async start (options: RigOptions): Promise<Rig> {
    const rig = new Rig(options.type)
    try {
      await rig.#start(options)
      return rig
    } catch (error) {
      rig.#abandonAll()
      throw error
    }
  }

  private constructor (type: ProviderType) {
    this.type = type
    process.once('exit', this.#abandon)
    for (const signal of ENDS) process.once(signal, exitAtOnce)
  }

  async #start ({ servers, accounts, env = {}, reachPostgres = async ({ url }) => url }: RigOptions): Promise<void> {
    this.postgres = await ManagedPostgres.start(join(this.folder, 'database'))
    const databaseUrl = await reachPostgres(this.postgres, this.folder)
    this.provider = await startProvider(join(this.folder, 'ledger.jsonl'), 1_500)
    for (let number = 1; number <= servers; number++) this.servers.push(this.#createServer(`server-${number}`, { DATABASE_URL: databaseUrl, ...env }))
    // The first one migrates and makes the account; the others find both.
    for (const server of this.servers) {
      server.start()
      await server.ready()
    }
    // The provider can cancel; that OpenAI's own could not is for other tests.
    if (this.type === 'openai') await this.postgres.query("update channels set settings = '{\"cancel\":true}' where name = 'env'")
    const { url } = this.servers[0]!
    this.authorization = await this.logIn('admin', PASSWORD)
    for (let number = 1; number <= (accounts?.count ?? 0); number++) {
      this.accounts.push(await openAccount(url!, this.authorization, `client-${number}`, this.history, accounts!.random.fork()))
    }
  }

  #createServer (name: string, env: Record<string, string>): ManagedServer {
    const dataDir = join(this.folder, 'data')
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    return new ManagedServer({
      name,
      logFile: join(this.folder, `${name}.log`),
      history: this.history,
      postgresIsAway: () => this.#away || performance.now() - this.#awaySince < 5_000,
      env: {
        PATH: process.env.PATH!,
        // Given by `npm run tap`: some seventy starts of one server.
        ...process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        ADMIN_PASSWORD: PASSWORD,
        SANDBOX: 'off',
        UPSTREAM_TYPE: this.type,
        UPSTREAM_BASE_URL: this.type === 'openai' ? `${this.provider.url}/v1` : this.provider.url,
        UPSTREAM_API_KEY: 'key-of-the-faults-run',
        SUBMIT_TIMEOUT_MS: '1000',
        SUBMIT_WAIT_MS: '3000',
        POLL_MIN_MS: '200',
        POLL_MAX_MS: '2000',
        ...env
      }
    })
  }

  /** Signs in at the first server. */
  async logIn (username: string, password: string): Promise<string> {
    return await logIn(this.servers[0]!.url!, username, password)
  }

  /** While `outage` runs a server may find no Postgres when it starts. */
  async duringOutage (outage: () => Promise<void>): Promise<void> {
    this.#away = true
    try {
      await outage()
    } finally {
      this.#away = false
      this.#awaySince = performance.now()
    }
  }

  /** Waits until no task runs any more and everybody has been told; false when that takes too long. */
  async settle (patienceMs: number): Promise<boolean> {
    for (const giveUpAt = performance.now() + patienceMs; performance.now() < giveUpAt; await sleep(250)) {
      const [row] = await this.postgres.query<{ over: boolean }>(`
        select not exists (select from tasks where status in ('QUEUED', 'PROCESSING'))
           and not exists (select from webhook_deliveries where status = 'pending') as over`)
      if (row!.over) return true
    }
    return false
  }

  /** The place of the last change that a stream of this account tells. Of a deleted task it tells nothing more. */
  async findLastEvent ({ name }: Account): Promise<LogPosition | undefined> {
    const [last] = await this.postgres.query<LogPosition>(`
      select e.xid::text, e.id
      from task_events e join tasks t on t.id = e.task_id join users u on u.id = e.user_id
      where e.kind = 'status' and t.deleted_at is null and u.username = '${name}'
      order by e.xid desc, e.id desc limit 1`)
    return last
  }

  async collectEvidence (): Promise<Evidence> {
    return {
      askable: this.type === 'openai',
      ledger: await this.provider.ledger(),
      tasks: await this.postgres.query<TaskEvidence>(`
        select t.id, u.username as owner, t.status, t.attempt, t.prompt, t.model, t.external_task_id, t.error_code, t.remix_from_external, t.deleted_at is not null as deleted
        from tasks t join users u on u.id = t.user_id
        order by t.created_at, t.id`),
      attempts: await this.postgres.query<AttemptEvidence>('select task_id, attempt, state, external_task_id, adopted from task_attempts order by task_id, attempt'),
      events: await this.postgres.query<EventEvidence>("select id, xid::text, task_id, attempt, status, stage, error_code from task_events where kind = 'status' order by id"),
      history: this.history.entries,
      receivers: this.accounts.map(({ name }) => name),
      complaints: this.servers.flatMap(({ name }) => complaintsIn(name, readFileSync(join(this.folder, `${name}.log`), 'utf8')))
    }
  }

  /** For a run that failed: all that is needed to find out why. */
  keepEvidence (evidence: Evidence): void {
    for (const name of ['ledger', 'tasks', 'attempts', 'events', 'history'] as const) writeLines(join(this.folder, `${name}.jsonl`), evidence[name])
  }

  async stop ({ keepFolder = false } = {}): Promise<void> {
    await Promise.all(this.servers.map(server => server.close()))
    for (const { receiver } of this.accounts) receiver.close()
    await this.provider.stop()
    await this.postgres.stop()
    process.off('exit', this.#abandon)
    for (const signal of ENDS) process.off(signal, exitAtOnce)
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true })
  }

  #abandonAll (): void {
    for (const server of this.servers) server.abandon()
    this.provider?.abandon()
    this.postgres?.abandon()
  }
}

function complaintsIn (server: string, log: string): string[] {
  return log.split('\n').filter(line => COMPLAINTS.test(line)).map(line => `${server}: ${line.slice(0, 500)}`)
}

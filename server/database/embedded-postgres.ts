import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../log.ts'
import { type ClusterOptions, prepareCluster } from './embedded/cluster.ts'
import { EmbeddedPostgresError } from './embedded/error.ts'
import { type Holder, type InstanceLock, isHolder, lockInstance } from './embedded/instance-lock.ts'
import { adopt, adoptOrLaunch, type Running } from './embedded/launch.ts'
import { socketUrl } from './embedded/postmaster.ts'
import { stopPostgres, Supervisor } from './embedded/supervisor.ts'

export { EmbeddedPostgresError }

export interface EmbeddedPostgres {
  connectionString (database?: string): string
  /** The present pid of Postgres. */
  pid (): number
  stop (): Promise<void>
}

const DATABASE = 'reelay'
const PAUSE_MS = 100

/**
 * Starts (or adopts) the Postgres of a DATA_DIR and keeps it running until `stop`.
 * Throws EmbeddedPostgresError, one line, when another server has that folder or Postgres cannot start.
 */
export async function startEmbeddedPostgres (options: ClusterOptions): Promise<EmbeddedPostgres> {
  const lock = await lockForServer(options)
  return underLock(lock, async () => {
    const cluster = await prepareCluster(options)
    const running = await serve(() => adoptOrLaunch(cluster))
    if (!running.launched) options.log.info({ pid: running.pid }, 'Adopted the Postgres that a killed server left running')
    const supervisor = new Supervisor(cluster, options.log, running)
    return handle(() => supervisor.running, async () => {
      await supervisor.stop()
      lock.release()
    })
  })
}

/** For a short job beside the server: joins the Postgres that is running, or starts one, and stops only what it started. */
export async function borrowEmbeddedPostgres (options: ClusterOptions): Promise<EmbeddedPostgres> {
  for (let waiting = false; ; waiting = true) {
    const lock = await lockInstance(options.dataDir, 'migrate')
    if (!isHolder(lock)) return underLock(lock, () => borrowOwn(options, lock))
    const joined = lock.role === 'server' ? await joinRunning(options.dataDir) : undefined
    if (joined) return joined
    await waitFor(lock, waiting, options.log)
  }
}

async function borrowOwn (options: ClusterOptions, lock: InstanceLock): Promise<EmbeddedPostgres> {
  const cluster = await prepareCluster(options)
  const running = await serve(() => adoptOrLaunch(cluster))
  return handle(() => running, async () => {
    if (running.launched) await stopPostgres(running)
    lock.release()
  })
}

async function joinRunning (dataDir: string): Promise<EmbeddedPostgres | undefined> {
  const folder = join(dataDir, 'postgres')
  const running = existsSync(folder) ? await adopt(realpathSync(folder)) : undefined
  if (!running) return undefined
  await createDatabaseOnce(running.socketDir)
  return handle(() => running, async () => {})
}

async function lockForServer ({ dataDir, log }: ClusterOptions): Promise<InstanceLock> {
  for (let waiting = false; ; waiting = true) {
    const lock = await lockInstance(dataDir, 'server')
    if (!isHolder(lock)) return lock
    if (lock.role === 'server') throw new EmbeddedPostgresError(`${dataDir} is in use by another Reelay server (pid ${lock.pid}): stop that one first, or set DATA_DIR or DATABASE_URL`)
    await waitFor(lock, waiting, log)
  }
}

async function waitFor (holder: Holder, alreadySaid: boolean, log: Log): Promise<void> {
  if (!alreadySaid) log.info({ pid: holder.pid }, 'Waiting for another Reelay process that has the database')
  await sleep(PAUSE_MS)
}

async function underLock<T> (lock: InstanceLock, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    lock.release()
    throw error
  }
}

/** A postgres that has our database in it, or none at all. */
async function serve (start: () => Promise<Running>): Promise<Running> {
  const running = await start()
  try {
    await createDatabaseOnce(running.socketDir)
    return running
  } catch (error) {
    await stopPostgres(running)
    throw error
  }
}

async function createDatabaseOnce (socketDir: string): Promise<void> {
  const client = new pg.Client({ connectionString: socketUrl(socketDir, 'postgres') })
  await client.connect()
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}

function handle (running: () => Running, stop: () => Promise<void>): EmbeddedPostgres {
  return {
    connectionString: (database = DATABASE) => socketUrl(running().socketDir, database),
    pid: () => running().pid,
    stop
  }
}

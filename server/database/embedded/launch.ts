import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import { EmbeddedPostgresError } from './error.ts'
import { spawnAs } from './identity.ts'
import { findPostmaster, isAnswering, isPostmaster, type Postmaster } from './postmaster.ts'
import { socketFile } from './socket-folder.ts'

/** A postgres that answers. */
export interface Running {
  pid: number
  socketDir: string
  /** False: it was running before. */
  launched: boolean
  exited: Promise<unknown>
}

const CHECK_MS = 50
const LARGEST_LOG_BYTES = 10 * 2 ** 20
/** Recovery after a crash replays up to max_wal_size, which a slow disk takes its time for. */
const START_TIMEOUT_MS = 120_000
/** Processes of a killed postgres notice its end within moments; the shared memory they hold keeps the next from starting. */
const LEFTOVERS_TIMEOUT_MS = 15_000

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  // DATABASE_POOL_MAX goes up to 200; pg-boss and the listener come on top.
  max_connections: '250',
  shared_buffers: '128MB',
  jit: 'off',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  // Users' words stay out of the log file.
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse'
}

/** Adopts the postgres of this data folder if one is alive, starting and stopping included; else launches one. */
export async function adoptOrLaunch (cluster: Cluster): Promise<Running> {
  return await adopt(cluster.dataDir) ?? await launch(cluster)
}

/** `undefined` when none is alive, or when it ended while we waited for it. */
export async function adopt (dataDir: string): Promise<Running | undefined> {
  for (let found; (found = findPostmaster(dataDir)); await sleep(CHECK_MS)) {
    if (!await isAnswering(found.socketDir)) continue
    return { ...found, launched: false, exited: disappearance(found, dataDir) }
  }
}

async function disappearance ({ pid }: Postmaster, dataDir: string): Promise<void> {
  while (isPostmaster(pid, dataDir)) await sleep(10 * CHECK_MS, undefined, { ref: false })
}

async function launch (cluster: Cluster): Promise<Running> {
  const patience = AbortSignal.timeout(LEFTOVERS_TIMEOUT_MS)
  for (;;) {
    const outcome = await tryLaunch(cluster)
    if (typeof outcome !== 'string') return outcome
    const leftovers = /shared memory block|lock file .* already exists/.test(outcome)
    if (!leftovers || patience.aborted) throw new EmbeddedPostgresError(`Postgres did not start: ${outcome} (log: ${cluster.logFile})`)
    await sleep(2 * CHECK_MS)
  }
}

/** Resolves to postgres' complaint when it ended before it answered. */
async function tryLaunch (cluster: Cluster): Promise<Running | string> {
  removeStaleLocks(cluster)
  const log = openLog(cluster.logFile)
  const child = spawnAs(cluster.identity.postgres, cluster.binaries.postgres, serverArguments(cluster), {
    cwd: '/',
    // Its own process group: Ctrl-C in the terminal reaches only us, and we stop it last.
    detached: true,
    stdio: ['ignore', log.fd, log.fd]
  })
  closeSync(log.fd)
  child.unref()
  const exited = once(child, 'exit').catch(() => {})
  if (await answers(cluster, child)) return { pid: child.pid!, socketDir: cluster.socketDir, launched: true, exited }
  return lastComplaint(cluster.logFile, log.size)
}

async function answers ({ socketDir, logFile }: Cluster, child: ChildProcess): Promise<boolean> {
  const isAlive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  for (const patience = AbortSignal.timeout(START_TIMEOUT_MS); isAlive(); await sleep(CHECK_MS)) {
    if (await isAnswering(socketDir)) return true
    if (patience.aborted) throw new EmbeddedPostgresError(`Postgres does not answer after ${START_TIMEOUT_MS / 1000} s (log: ${logFile})`)
  }
  return false
}

function serverArguments ({ dataDir, socketDir, settings }: Cluster): string[] {
  const all = { ...SETTINGS, unix_socket_directories: `"${socketDir}"`, ...settings }
  return ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** Postgres trusts the pid in its lock files when any process has it. We looked closer: it is not a postgres of this folder. */
function removeStaleLocks ({ dataDir, socketDir }: Cluster): void {
  if (findPostmaster(dataDir)) return
  rmSync(join(dataDir, 'postmaster.pid'), { force: true })
  rmSync(socketFile(socketDir), { force: true })
  rmSync(`${socketFile(socketDir).toString()}.lock`, { force: true })
}

function openLog (file: string): { fd: number, size: number } {
  const fd = openSync(file, 'a', 0o600)
  if (statSync(file).size > LARGEST_LOG_BYTES) ftruncateSync(fd)
  return { fd, size: statSync(file).size }
}

function lastComplaint (logFile: string, from: number): string {
  const text = existsSync(logFile) ? readFileSync(logFile).subarray(from).toString() : ''
  const lines = text.trim().split('\n')
  return lines.findLast(line => /FATAL|PANIC/.test(line))?.replace(/^.*?(FATAL|PANIC): */, '') ?? lines.at(-1) ?? ''
}

import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { PORT } from './socket-folder.ts'
import { SUPERUSER } from './cluster.ts'

/** A running postgres, as its own pid file tells. */
export interface Postmaster { pid: number, socketDir: string }

const ANSWER_TIMEOUT_MS = 3_000

/** Reads postmaster.pid of a data folder. `undefined` unless that very postgres is alive: the file outlives a kill, and its pid may be another program's by now. */
export function findPostmaster (dataDir: string): Postmaster | undefined {
  const [pid, , , , socketDir] = readLines(join(dataDir, 'postmaster.pid'))
  if (!pid || !isPostmaster(Number(pid), dataDir)) return undefined
  return { pid: Number(pid), socketDir: socketDir ?? '' }
}

export function isPostmaster (pid: number, dataDir: string): boolean {
  return process.platform === 'linux' ? workingFolder(pid) === dataDir : commandLine(pid).includes(dataDir)
}

/** A postgres changes into its data folder before it writes its pid file. */
function workingFolder (pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function commandLine (pid: number): string {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
}

function readLines (file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Whether it takes connections now; `false` while it starts, recovers or stops. */
export async function isAnswering (socketDir: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: socketUrl(socketDir, 'postgres'), connectionTimeoutMillis: ANSWER_TIMEOUT_MS })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

export function socketUrl (socketDir: string, database: string): string {
  return `postgresql://${SUPERUSER}@localhost:${PORT}/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`
}

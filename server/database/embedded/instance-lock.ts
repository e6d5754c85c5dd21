import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

export type Role = 'server' | 'migrate'

export interface Holder { pid: number, role: Role }

export interface InstanceLock { release (): void }

const SQLITE_BUSY = 5
/** How long a holder may take to write down who it is. */
const INTRODUCTION_MS = 2_000

/**
 * Locks a DATA_DIR for this process, or tells who has it. Node offers no file lock, but SQLite holds one on every
 * platform: the kernel drops it when the process dies, however it dies, so nothing is ever stale and no pid is trusted.
 */
export async function lockInstance (dataDir: string, role: Role): Promise<InstanceLock | Holder> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const note = join(dataDir, 'instance.json')
  const patience = AbortSignal.timeout(INTRODUCTION_MS)
  for (;;) {
    const lock = tryLock(join(dataDir, 'instance.lock'))
    if (lock) return introduce(lock, note, role)
    const holder = readHolder(note)
    if (holder && (patience.aborted || isAlive(holder.pid))) return holder
    if (patience.aborted) return { pid: 0, role: 'server' }
    await sleep(10 + Math.random() * 40)
  }
}

export function isHolder (result: InstanceLock | Holder): result is Holder {
  return 'pid' in result
}

function tryLock (file: string): DatabaseSync | undefined {
  const lock = new DatabaseSync(file)
  try {
    lock.exec('pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive')
    return lock
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

function introduce (lock: DatabaseSync, note: string, role: Role): InstanceLock {
  writeFileSync(note, JSON.stringify({ pid: process.pid, role }))
  return {
    release: () => {
      rmSync(note, { force: true })
      lock.close()
    }
  }
}

function readHolder (note: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(note, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

import { createHash } from 'node:crypto'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Log } from '../../log.ts'
import { type Binaries, binariesIn } from './binaries.ts'
import { type Identity, testAs } from './identity.ts'

const SHARED_FOLDER = '/var/lib/reelay'

interface Places { binaries: Binaries, dataDir: string }

/** Puts what that uid cannot reach (a clone below a mode-700 folder, say) where it can, and logs where. */
export function moveWithinReach ({ binaries, dataDir }: Places, identity: Identity, log: Log): Places {
  const reachable = (path: string) => testAs(identity.postgres, 'test -x "$1"', path)
  if (reachable(dirname(dirname(dataDir)))) letThrough(dirname(dataDir), identity, reachable)
  return {
    binaries: reachable(binaries.postgres) ? binaries : copyBinaries(binaries, log),
    dataDir: reachable(dirname(dataDir)) && !existsSync(dataDir) ? dataDir : dataWithinReach(dataDir, reachable, log)
  }
}

/** DATA_DIR is private. Its group may pass through, no more, so that the data can stay where a volume is mounted. */
function letThrough (home: string, { gid }: Identity, reachable: (path: string) => boolean): void {
  if (reachable(home)) return
  chownSync(home, statSync(home).uid, gid)
  chmodSync(home, 0o710)
}

function copyBinaries (binaries: Binaries, log: Log): Binaries {
  const { version } = JSON.parse(readFileSync(join(binaries.folder, '..', 'package.json'), 'utf8')) as { version: string }
  const folder = join(SHARED_FOLDER, `postgres-${version}-${digest(binaries.folder)}`)
  log.info({ folder }, 'Postgres cannot run as root and user namespaces are not available: its programs run from a copy')
  if (!existsSync(folder)) copyWhole(binaries.folder, folder)
  return binariesIn(folder)
}

/** A link in DATA_DIR remembers the place: the next start must find the same data, whatever has changed by then. */
function dataWithinReach (dataDir: string, reachable: (path: string) => boolean, log: Log): string {
  if (existsSync(dataDir)) {
    const real = realpathSync(dataDir)
    if (reachable(dirname(real))) return real
  }
  const folder = join(SHARED_FOLDER, `data-${digest(dataDir)}`)
  log.info({ folder, link: dataDir }, 'Postgres cannot run as root and user namespaces are not available: its data is kept outside DATA_DIR')
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const real = join(folder, 'postgres')
  moveData(dataDir, real)
  return real
}

function moveData (from: string, to: string): void {
  if (existsSync(from)) {
    copyWhole(from, to)
    rmSync(from, { recursive: true })
  }
  symlinkSync(to, from)
}

/** Never half a copy under its final name. */
function copyWhole (from: string, to: string): void {
  const draft = `${to}.partial`
  rmSync(draft, { recursive: true, force: true })
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true })
  rmSync(to, { recursive: true, force: true })
  renameSync(draft, to)
}

function digest (path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}

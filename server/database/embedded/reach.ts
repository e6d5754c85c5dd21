import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Log } from '../../log.ts'
import { type Binaries, binariesIn } from './binaries.ts'
import { type Identity, testAs } from './identity.ts'

const SHARED_FOLDER = '/var/lib/reelay'

interface Places { binaries: Binaries, dataDir: string }

/** Puts what that uid cannot reach (a clone below a mode-700 folder, say) where it can, and logs where. */
export function moveWithinReach ({ binaries, dataDir }: Places, { postgres }: Identity, log: Log): Places {
  const reachable = (path: string) => testAs(postgres, 'test -x "$1"', path)
  return {
    binaries: reachable(binaries.postgres) ? binaries : copyBinaries(binaries, log),
    dataDir: reachable(dirname(dataDir)) && !existsSync(dataDir) ? dataDir : dataWithinReach(dataDir, reachable, log)
  }
}

function copyBinaries (binaries: Binaries, log: Log): Binaries {
  const folder = join(SHARED_FOLDER, `postgres-${digest(binaries.folder)}`)
  log.info({ folder }, 'Postgres cannot run as root and user namespaces are not available: its programs run from a copy')
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`
    cpSync(binaries.folder, draft, { recursive: true, verbatimSymlinks: true })
    renameSync(draft, folder)
  }
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
    cpSync(from, to, { recursive: true, verbatimSymlinks: true })
    rmSync(from, { recursive: true })
  }
  symlinkSync(to, from)
}

function digest (path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}

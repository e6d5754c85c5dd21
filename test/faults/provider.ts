import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LedgerEntry } from '../../server/sandbox/control.ts'

const ENTRY = join(import.meta.dirname, '..', '..', 'server', 'sandbox', 'index.ts')

/** The simulated provider, which nobody ever kills: its ledger is the truth about what was paid for. */
export async function startProvider (ledgerFile: string, durationMs: number) {
  const child = spawn(process.execPath, [ENTRY, '--port', '0', '--ledger', ledgerFile], { env: { SANDBOX_DURATION_MS: String(durationMs) }, stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data') as [string]
  const url = /http:\/\/\S+/.exec(text)![0]
  return {
    url,
    async ledger (): Promise<LedgerEntry[]> {
      const response = await fetch(`${url}/control/ledger`)
      const { entries } = await response.json() as { entries: LedgerEntry[] }
      return entries
    },
    async stop () {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
    abandon: () => child.kill('SIGKILL')
  }
}

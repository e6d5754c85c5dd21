import type { Test } from 'tap'
import type { LedgerEntry } from '../../server/sandbox/control.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startSandbox, type SandboxOptions } from '../../server/sandbox/server.ts'

/** A sandbox of the test's own, on a free port. */
export async function startTestSandbox (t: Test, options: Partial<SandboxOptions> = {}) {
  const sandbox = await startSandbox({ store: createMemoryStore(), durationMs: 60_000, control: true, ...options })
  t.teardown(() => sandbox.close())
  return { ...sandbox, client: createClient(sandbox.url, options.apiKey ?? 'test-key') }
}

/** Speaks both dialects as their clients do. */
export function createClient (url: string, key: string) {
  const sora = (path: string, init: RequestInit = {}) => fetch(`${url}/sora/v1/videos${path}`, { ...init, headers: { authorization: key, ...init.headers } })
  const openai = (path: string, init: RequestInit = {}) => fetch(`${url}/v1/videos${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
  return {
    url,
    sora,
    openai,
    createSora: (prompt: string, fields: Record<string, string | Blob> = {}) => sora('', { method: 'POST', body: form({ prompt, model: 'sora_video2', ...fields }) }),
    createOpenai: (prompt: string, headers: Record<string, string> = {}) => openai('', { method: 'POST', ...json({ prompt }, headers) }),
    async behave (instruction: unknown) {
      return fetch(`${url}/control/behaviours`, { method: 'POST', body: JSON.stringify(instruction) })
    },
    async ledger (): Promise<LedgerEntry[]> {
      const response = await fetch(`${url}/control/ledger`)
      return (await response.json() as { entries: LedgerEntry[] }).entries
    }
  }
}

export function form (fields: Record<string, string | Blob>): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  return data
}

export function json (body: unknown, headers: Record<string, string> = {}) {
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
}

export async function read (response: Response | Promise<Response>): Promise<any> {
  return (await response).json()
}

import { existsSync, openSync, closeSync, readFileSync, writeSync, ftruncateSync } from 'node:fs'
import type { Job } from './job.ts'
import type { ListQuery, SandboxStore } from './store.ts'

type LedgerLine = { job: Job } | { cancel: string, at: string } | { remove: string }

/** With a `ledgerFile` a job is a line in that file before it is answered, and the file is read at the start: it survives a kill -9. */
export function createMemoryStore ({ ledgerFile }: { ledgerFile?: string | undefined } = {}): SandboxStore & { close (): void } {
  const jobs: Job[] = []
  const positions = new Map<string, number>()
  const jobById = (id: string) => jobs[positions.get(id) ?? -1]

  const apply = (line: LedgerLine) => {
    if ('job' in line) {
      positions.set(line.job.id, jobs.length)
      jobs.push(line.job)
    } else if ('cancel' in line) {
      jobById(line.cancel)!.cancelled_at = new Date(line.at)
    } else {
      jobById(line.remove)!.request.removed = true
    }
  }

  if (ledgerFile && existsSync(ledgerFile)) readLines(ledgerFile).forEach(apply)
  const file = ledgerFile ? openSync(ledgerFile, 'a', 0o600) : undefined
  const record = (line: LedgerLine) => {
    if (file !== undefined) writeSync(file, `\n${JSON.stringify(line)}`)
    apply(line)
  }

  return {
    async insert (job) {
      const known = jobById(job.id)
      if (!known) record({ job })
      return known ?? job
    },
    async find (id) {
      return jobById(id)
    },
    async list (query) {
      return page(jobs, positions, query)
    },
    async cancel (id, at) {
      if (!jobById(id)!.cancelled_at) record({ cancel: id, at: at.toISOString() })
    },
    async remove (id) {
      record({ remove: id })
    },
    async ledger () {
      return [...jobs]
    },
    async clear () {
      jobs.length = 0
      positions.clear()
      if (file !== undefined) ftruncateSync(file)
    },
    close () {
      if (file !== undefined) closeSync(file)
    }
  }
}

/** A line begins with its newline, so a line torn by a kill spoils neither the one before it nor the one after; it is left out. */
function readLines (path: string): LedgerLine[] {
  return readFileSync(path, 'utf8').split('\n').filter(Boolean).flatMap(text => {
    try {
      return [reviveDates(JSON.parse(text))]
    } catch {
      return []
    }
  })
}

function reviveDates (line: LedgerLine): LedgerLine {
  if (!('job' in line)) return line
  const { created_at: created, cancelled_at: cancelled } = line.job
  return { job: { ...line.job, created_at: new Date(created), cancelled_at: cancelled && new Date(cancelled) } }
}

function page (jobs: Job[], positions: Map<string, number>, { limit, after, order }: ListQuery): Job[] {
  const step = order === 'asc' ? 1 : -1
  const start = order === 'asc' ? 0 : jobs.length - 1
  const found: Job[] = []
  for (let i = after ? positions.get(after)! + step : start; jobs[i] && found.length < limit; i += step) {
    if (jobs[i]!.dialect === 'openai' && !jobs[i]!.request.removed) found.push(jobs[i]!)
  }
  return found
}

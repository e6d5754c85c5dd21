import type { Job } from './job.ts'

export interface ListQuery {
  limit: number
  after?: string | undefined
  order: 'asc' | 'desc'
}

/** Where the sandbox keeps its jobs. Jobs are never taken out: they are the ledger of what was paid for. */
export interface SandboxStore {
  /** Keeps the job before it answers. A job with that id is already there: that one is returned instead. */
  insert (job: Job): Promise<Job>
  /** Also finds deleted jobs. */
  find (id: string): Promise<Job | undefined>
  /** The openai dialect's jobs that were not deleted, by time of creation. */
  list (query: ListQuery): Promise<Job[]>
  cancel (id: string, at: Date): Promise<void>
  remove (id: string): Promise<void>
  /** Every paid submission, oldest first. */
  ledger (): Promise<Job[]>
  /** Forgets everything. */
  clear (): Promise<void>
}

import type { ErrorCode } from '../../server/errors.ts'
import type { LedgerEntry } from '../../server/sandbox/control.ts'
import type { TaskStatus } from '../../server/tasks/statuses.ts'

/** What happened outside the database, in the order it was seen; `at` is milliseconds since the start of the run. */
export type HistoryEntry = { at: number } & (
  /** An answer to a client. `prompt` names what was asked for; a `key` is used for one prompt only. */
  | { type: 'reply', operation: 'create' | 'remix' | 'cancel' | 'read' | 'watch', status: number, code?: string, retryAfter?: string, videoId?: string, prompt?: string, key?: string, outcome?: string }
  /** No answer: the connection broke or took too long. */
  | { type: 'lost', operation: string, prompt?: string, reason: string }
  /** A stream said where it stands. */
  | { type: 'opened', watcher: number, cursor: string }
  | { type: 'reset', watcher: number }
  /** A status change with its id. */
  | { type: 'frame', watcher: number, cursor: string, videoId: string, status: string, attempt: number }
  | { type: 'fault', name: string }
  /** How long a server that lived through it took to serve again, from the moment Postgres accepted connections. */
  | { type: 'recovered', server: string, ms: number }
  /** `explained`: somebody killed it, or a failpoint did. */
  | { type: 'exit', server: string, code: number | null, signal: string | null, explained: boolean, afterSigtermMs?: number }
)

export interface TaskEvidence {
  id: string
  status: TaskStatus
  attempt: number
  prompt: string
  model: string
  external_task_id: string | null
  error_code: ErrorCode | null
  remix_from_external: string | null
}

export interface AttemptEvidence {
  task_id: string
  attempt: number
  state: string
  external_task_id: string | null
  adopted: boolean
}

export interface EventEvidence {
  id: string
  xid: string
  task_id: string
  attempt: number
  status: TaskStatus
  error_code: string | null
}

/** Everything the checker looks at: the provider's ledger, the rows and what clients saw. */
export interface Evidence {
  /** Whether the provider can be asked what it made. */
  askable: boolean
  ledger: Array<Pick<LedgerEntry, 'externalTaskId' | 'prompt' | 'reference' | 'sourceId'>>
  tasks: TaskEvidence[]
  attempts: AttemptEvidence[]
  /** Status changes, oldest first. */
  events: EventEvidence[]
  history: HistoryEntry[]
  /** Lines of the servers' logs that must not be there. */
  complaints: string[]
}

export interface Violation { rule: string, message: string }

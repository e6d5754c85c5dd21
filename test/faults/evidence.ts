import type { ErrorCode } from '../../server/errors.ts'
import type { LedgerEntry } from '../../server/sandbox/control.ts'
import type { TaskStatus } from '../../server/tasks/statuses.ts'

export type Operation = 'create' | 'remix' | 'cancel' | 'retry' | 'delete' | 'read' | 'list' | 'trespass' | 'watch' | 'probe'

/** One request of a client. `by` names the account, `subject` the task in the path. */
interface Asked {
  operation: Operation
  by: string
  subject?: string
  /** What was asked for; of a delete, what is blanked. A `key` is used for one prompt only. */
  prompt?: string
  key?: string
}

/** What happened outside the database, in the order it was seen; `at` is milliseconds since the start of the run. */
export type HistoryEntry = { at: number } & (
  /** An answer to a client. `state` is the status of the task as the answer shows it. */
  | Asked & { type: 'reply', status: number, code?: string, retryAfter?: string, videoId?: string, outcome?: string, state?: string }
  /** No answer: the connection broke or took too long, or the client lost its patience. */
  | Asked & { type: 'lost', reason: string }
  /** A stream said where it stands. */
  | { type: 'opened', watcher: number, by: string, cursor: string }
  | { type: 'reset', watcher: number, by: string }
  /** A status change with its id. */
  | { type: 'frame', watcher: number, by: string, cursor: string, videoId: string, status: string, attempt: number }
  /** A webhook came in; `taken`: the receiver answered with 2xx. */
  | { type: 'hook', receiver: string, id: string, videoId: string, status: string, attempt: number, digest: string, verified: boolean, taken: boolean }
  | { type: 'fault', name: string }
  /** How long a server that lived through it took to serve again, from the moment Postgres accepted connections. */
  | { type: 'recovered', server: string, ms: number }
  /** `explained`: somebody killed it, or a failpoint did. */
  | { type: 'exit', server: string, code: number | null, signal: string | null, explained: boolean, failpoint?: string, afterSigtermMs?: number }
)

export type Reply = Extract<HistoryEntry, { type: 'reply' }>

export interface TaskEvidence {
  id: string
  owner: string
  status: TaskStatus
  attempt: number
  /** Blank once it is deleted. */
  prompt: string
  model: string
  external_task_id: string | null
  error_code: ErrorCode | null
  remix_from_external: string | null
  deleted: boolean
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
  stage: string
  error_code: string | null
}

/** Everything the checker looks at: the provider's ledger, the rows and what clients saw. */
export interface Evidence {
  /** Whether the provider can be asked what it made. */
  askable: boolean
  ledger: Array<Pick<LedgerEntry, 'externalTaskId' | 'prompt' | 'reference' | 'sourceId' | 'status'>>
  tasks: TaskEvidence[]
  attempts: AttemptEvidence[]
  /** Status changes, oldest first. */
  events: EventEvidence[]
  history: HistoryEntry[]
  /** The accounts that have a webhook. */
  receivers: string[]
  /** Lines of the servers' logs that must not be there. */
  complaints: string[]
}

export interface Violation { rule: string, message: string }

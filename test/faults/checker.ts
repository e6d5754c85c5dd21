import { isErrorCode } from '../../server/errors.ts'
import { DOUBTFUL_FAILURES } from '../../server/tasks/transitions.ts'
import type { EventEvidence, Evidence, Violation } from './evidence.ts'
import { nothingIsMadeUnasked, nothingIsPaidTwice, nothingIsSentBlindly, nothingPaidIsGivenUp, videosBelongToTheirTasks } from './payment-checker.ts'
import { streamsAreComplete } from './stream-checker.ts'
import { webhooksAreComplete } from './webhook-checker.ts'
import { cancelsAreTruthful, deletedTasksStayDeleted, foreignTasksStayHidden, keysMakeOneTask, retriesAreKept } from './wish-checker.ts'

const TERMINAL: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED']
const RECOVERY_MS = 5_000
const CLOSE_MS = 15_000

type Rule = (evidence: Evidence) => Iterable<string>

/** The promises of DESIGN §11 as far as a run can break them; each yields what is wrong, in words. */
const RULES: Readonly<Record<string, Rule>> = {
  acknowledgedTasksExist,
  tasksEndClearly,
  videosBelongToTheirTasks,
  nothingIsPaidTwice,
  nothingIsSentBlindly,
  nothingIsMadeUnasked,
  nothingPaidIsGivenUp,
  keysMakeOneTask,
  retriesAreKept,
  cancelsAreTruthful,
  deletedTasksStayDeleted,
  foreignTasksStayHidden,
  eventsTellTheStatus,
  transitionsAreLegal,
  repliesAreClear,
  serversRecover,
  serversStopInTime,
  nothingIsUnhandled,
  streamsAreComplete,
  webhooksAreComplete
}

/** A pure look at what a run left behind. Empty: every promise was kept. */
export function check (evidence: Evidence): Violation[] {
  const whole = { ...evidence, tasks: withPrompts(evidence) }
  return Object.entries(RULES).flatMap(([rule, find]) => Array.from(find(whole), message => ({ rule, message })))
}

/** The prompt of a deleted task is blank; whoever asked for it, or had it deleted, knows it. */
function withPrompts ({ tasks, history }: Evidence): Evidence['tasks'] {
  const prompts = new Map<string, string>()
  for (const entry of history) {
    if (entry.type !== 'reply' && entry.type !== 'lost') continue
    const { operation, subject, prompt, videoId } = { videoId: undefined, ...entry }
    const about = operation === 'delete' ? subject : videoId
    if (about !== undefined && prompt !== undefined) prompts.set(about, prompt)
  }
  return tasks.map(task => task.deleted ? { ...task, prompt: prompts.get(task.id) ?? '' } : task)
}

function * acknowledgedTasksExist ({ tasks, history }: Evidence) {
  const known = new Set(tasks.map(task => task.id))
  for (const entry of history) {
    if (entry.type !== 'reply' || entry.videoId === undefined) continue
    if (!known.has(entry.videoId)) yield `${entry.videoId} was answered with ${entry.status} and is gone`
  }
}

function * tasksEndClearly ({ tasks }: Evidence) {
  for (const { id, status, error_code: code } of tasks) {
    if (!TERMINAL.includes(status)) yield `${id} is still ${status}`
    if (status === 'FAILED' && !isErrorCode(code ?? '')) yield `${id} failed with the code ${code}`
    if (status !== 'FAILED' && code !== null) yield `${id} is ${status} with the code ${code}`
  }
}

function * eventsTellTheStatus ({ tasks, events }: Evidence) {
  const byTask = Map.groupBy(events, event => event.task_id)
  for (const task of tasks) {
    const last = byTask.get(task.id)?.at(-1)
    if (!last) yield `${task.id} has no event`
    else if (last.status !== task.status || last.attempt !== task.attempt) yield `${task.id} is ${task.status} (attempt ${task.attempt}), its last event says ${last.status} (attempt ${last.attempt})`
  }
}

function * transitionsAreLegal ({ events }: Evidence) {
  for (const [taskId, ofTask] of Map.groupBy(events, event => event.task_id)) {
    if (ofTask[0]!.status !== 'QUEUED' || ofTask[0]!.attempt !== 1) yield `${taskId} began as ${ofTask[0]!.status}`
    for (let i = 1; i < ofTask.length; i++) {
      const [from, to] = [ofTask[i - 1]!, ofTask[i]!]
      if (!isLegal(from, to)) yield `${taskId} went from ${from.status} (attempt ${from.attempt}) to ${to.status} (attempt ${to.attempt})`
    }
  }
}

/**
 * Out of a terminal status lead only a retry and the late success of a doubtful failure (DESIGN §4). Back to QUEUED: a new
 * attempt, or an adoption undone. An older attempt comes back only with its video, and before the newer one is accepted.
 */
function isLegal (from: EventEvidence, to: EventEvidence): boolean {
  if (to.attempt > from.attempt) return to.attempt === from.attempt + 1 && to.status === 'QUEUED' && from.status !== 'COMPLETED' && from.status !== 'PROCESSING'
  if (to.attempt < from.attempt) return to.status === 'COMPLETED' && (from.status === 'QUEUED' || from.status === 'FAILED')
  switch (from.status) {
    case 'QUEUED': return to.status !== 'QUEUED'
    case 'PROCESSING': return to.status !== 'PROCESSING'
    case 'FAILED': return (DOUBTFUL_FAILURES as readonly string[]).includes(from.error_code ?? '') && (to.status === 'PROCESSING' || to.status === 'COMPLETED')
    default: return false
  }
}

function * repliesAreClear ({ history }: Evidence) {
  for (const entry of history) {
    if (entry.type !== 'reply') continue
    const { operation, status, code, retryAfter, at } = entry
    if (status >= 500 && !isErrorCode(code ?? '')) yield `${operation} was answered with ${status} and no code (at ${at} ms)`
    if (status === 500) yield `${operation} was answered with 500 ${code} (at ${at} ms)`
    if (status === 503 && !(Number(retryAfter) > 0)) yield `${operation} was answered with 503 ${code} without Retry-After (at ${at} ms)`
  }
}

function * serversRecover ({ history }: Evidence) {
  for (const entry of history) {
    if (entry.type === 'recovered' && entry.ms > RECOVERY_MS) yield `${entry.server} served again ${entry.ms} ms after Postgres (at ${entry.at} ms)`
  }
}

function * serversStopInTime ({ history }: Evidence) {
  for (const entry of history) {
    if (entry.type !== 'exit') continue
    const { server, code, signal, explained, afterSigtermMs, at } = entry
    if (!explained) yield `${server} ended by itself with ${signal ?? code} (at ${at} ms)`
    if (afterSigtermMs !== undefined && (code !== 0 || afterSigtermMs > CLOSE_MS)) yield `${server} ended ${afterSigtermMs} ms after SIGTERM with ${signal ?? code} (at ${at} ms)`
  }
}

function * nothingIsUnhandled ({ complaints }: Evidence) {
  yield * complaints
}

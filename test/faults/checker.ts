import { isErrorCode } from '../../server/errors.ts'
import { DOUBTFUL_FAILURES } from '../../server/tasks/transitions.ts'
import type { EventEvidence, Evidence, TaskEvidence, Violation } from './evidence.ts'
import { streamsAreComplete } from './stream-checker.ts'

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
  keysMakeOneTask,
  eventsTellTheStatus,
  transitionsAreLegal,
  repliesAreClear,
  serversRecover,
  serversStopInTime,
  nothingIsUnhandled,
  streamsAreComplete
}

/** A pure look at what a run left behind. Empty: every promise was kept. */
export function check (evidence: Evidence): Violation[] {
  return Object.entries(RULES).flatMap(([rule, find]) => Array.from(find(evidence), message => ({ rule, message })))
}

function * acknowledgedTasksExist ({ tasks, history }: Evidence) {
  const known = new Set(tasks.map(task => task.id))
  for (const entry of history) {
    if (entry.type !== 'reply') continue
    if (entry.videoId !== undefined && !known.has(entry.videoId)) yield `${entry.videoId} was answered with ${entry.status} and is gone`
    // Clients ask only for what they were promised, and nobody deletes.
    if (entry.status === 404) yield `${entry.operation} was answered with 404 ${entry.code} (at ${entry.at} ms)`
  }
}

function * tasksEndClearly ({ tasks }: Evidence) {
  for (const { id, status, error_code: code } of tasks) {
    if (!TERMINAL.includes(status)) yield `${id} is still ${status}`
    if (status === 'FAILED' && !isErrorCode(code ?? '')) yield `${id} failed with the code ${code}`
    if (status !== 'FAILED' && code !== null) yield `${id} is ${status} with the code ${code}`
  }
}

/** Every external id was made for the very task that holds it. Adopted ones: for its prompt and its source, by which alone such a provider's list tells jobs apart. */
function * videosBelongToTheirTasks ({ tasks, attempts, ledger }: Evidence) {
  const made = new Map(ledger.map(entry => [entry.externalTaskId, entry]))
  const taskById = new Map(tasks.map(task => [task.id, task]))
  const holders = new Set<string>()
  for (const { task_id: taskId, attempt, external_task_id: externalTaskId, adopted } of attempts) {
    const task = taskById.get(taskId)!
    if (task.attempt === attempt && task.external_task_id !== externalTaskId) yield `${taskId} shows ${task.external_task_id}, its attempt has ${externalTaskId}`
    if (externalTaskId === null) continue
    if (holders.has(externalTaskId)) yield `${externalTaskId} belongs to two attempts`
    holders.add(externalTaskId)
    const entry = made.get(externalTaskId)
    if (!entry) yield `${taskId} has ${externalTaskId}, which the provider never made`
    else if (entry.prompt !== task.prompt) yield `${taskId} has the video of another prompt: ${entry.prompt}`
    else if (entry.sourceId !== task.remix_from_external) yield `${taskId} has a remix of another source`
    else if (!adopted && entry.reference !== null && entry.reference !== `${taskId}-${attempt}`) yield `${taskId} has the video made for ${entry.reference}`
  }
}

/**
 * The provider made no more jobs of a prompt than there are tasks for it, and each that no task holds is a doubt
 * that is shown. Where it cannot be asked no attempt follows another, for nobody here retries by hand.
 */
function * nothingIsPaidTwice ({ askable, tasks, attempts, ledger }: Evidence) {
  const tasksByPrompt = Map.groupBy(tasks, task => task.prompt)
  const held = new Set(attempts.map(attempt => attempt.external_task_id))
  for (const [prompt, entries] of Map.groupBy(ledger, entry => entry.prompt)) {
    const wanting = tasksByPrompt.get(prompt) ?? []
    if (entries.length > wanting.length) yield `"${prompt}" was paid for ${entries.length} times, by ${wanting.length} tasks`
    const loose = entries.filter(entry => !held.has(entry.externalTaskId))
    const doubted = wanting.filter(task => isDoubted(task, attempts))
    if (loose.length > doubted.length) yield `"${prompt}": nobody knows of ${loose.map(entry => entry.externalTaskId).join(', ')}`
  }
  if (!askable) yield * tasks.filter(task => task.attempt > 1).map(task => `${task.id} was sent ${task.attempt} times, blindly`)
}

function isDoubted (task: TaskEvidence, attempts: Evidence['attempts']): boolean {
  return attempts.some(attempt => attempt.task_id === task.id && attempt.state === 'unknown') &&
    (task.status === 'CANCELLED' || task.error_code === 'SUBMISSION_UNCONFIRMED')
}

function * keysMakeOneTask ({ tasks, history }: Evidence) {
  const replies = history.filter(entry => entry.type === 'reply' && entry.key !== undefined) as Array<{ key: string, prompt: string, videoId?: string }>
  for (const [key, ofKey] of Map.groupBy(replies, reply => reply.key)) {
    const named = new Set(ofKey.flatMap(({ videoId }) => videoId ?? []))
    if (named.size > 1) yield `the key ${key} was answered with ${[...named].join(' and ')}`
    const made = tasks.filter(task => task.prompt === ofKey[0]!.prompt)
    if (made.length > 1) yield `the key ${key} made ${made.length} tasks`
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

/** Out of a terminal status lead only a retry and the late success of a doubtful failure (DESIGN §4). Back to QUEUED: a new attempt, or an adoption undone. */
function isLegal (from: EventEvidence, to: EventEvidence): boolean {
  if (to.attempt !== from.attempt) return to.attempt === from.attempt + 1 && to.status === 'QUEUED' && from.status !== 'COMPLETED' && from.status !== 'PROCESSING'
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

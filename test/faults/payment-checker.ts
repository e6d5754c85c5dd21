import type { AttemptEvidence, Evidence, TaskEvidence } from './evidence.ts'
import { mayHaveWorked } from './wish-checker.ts'

/** Every external id was made for the very task that holds it. Adopted ones: for its prompt and its source, by which alone such a provider's list tells jobs apart. */
export function * videosBelongToTheirTasks ({ tasks, attempts, ledger }: Evidence) {
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

/** The provider made no more jobs of a prompt than attempts were sent for it, none twice for one attempt, and each that no attempt holds is a doubt that is shown. */
export function * nothingIsPaidTwice ({ tasks, attempts, ledger }: Evidence) {
  const taskById = new Map(tasks.map(task => [task.id, task]))
  const attemptsByPrompt = Map.groupBy(attempts, attempt => taskById.get(attempt.task_id)!.prompt)
  const held = new Set(attempts.map(attempt => attempt.external_task_id))
  for (const [prompt, entries] of Map.groupBy(ledger, entry => entry.prompt)) {
    const sent = (attemptsByPrompt.get(prompt) ?? []).filter(({ state }) => state === 'accepted' || state === 'unknown')
    if (entries.length > sent.length) yield `"${prompt}" was paid for ${entries.length} times, by ${sent.length} attempts`
    const loose = entries.filter(entry => !held.has(entry.externalTaskId))
    const doubts = sent.filter(attempt => isShownDoubt(attempt, taskById.get(attempt.task_id)!))
    if (loose.length > doubts.length) yield `"${prompt}": nobody knows of ${loose.map(entry => entry.externalTaskId).join(', ')}`
  }
  for (const [reference, entries] of Map.groupBy(ledger, entry => entry.reference)) {
    if (reference !== null && entries.length > 1) yield `${reference} was sent ${entries.length} times`
  }
}

/** Shown by the task's failure, or taken by whoever had it made again all the same; what was cancelled or deleted meanwhile is not looked for. */
function isShownDoubt ({ state, attempt }: AttemptEvidence, task: TaskEvidence): boolean {
  return state === 'unknown' && (attempt < task.attempt || task.status === 'CANCELLED' || task.error_code === 'SUBMISSION_UNCONFIRMED')
}

/** An attempt follows another because somebody asked for it, or because the provider was asked and knows nothing of the first. */
export function * nothingIsSentBlindly ({ askable, attempts, history }: Evidence) {
  const retries = Map.groupBy(history.filter(mayHaveWorked('retry')), entry => entry.subject!)
  for (const [taskId, ofTask] of Map.groupBy(attempts, attempt => attempt.task_id)) {
    const unasked = ofTask.filter(({ attempt }) => {
      const before = ofTask.find(other => other.attempt === attempt - 1)
      return before && !(askable && before.state === 'unsent')
    })
    const asked = retries.get(taskId)?.length ?? 0
    if (unasked.length > asked) yield `${taskId} was sent ${unasked.length - asked} times more than anybody asked for`
  }
}

/** As many tasks of a prompt as requests for it that may have worked: none appears by itself, and none for one that was told why not. A run may have kept no requests. */
export function * nothingIsMadeUnasked ({ tasks, history }: Evidence) {
  const asked = [...history.filter(mayHaveWorked('create')), ...history.filter(mayHaveWorked('remix'))]
  if (asked.length === 0) return
  const askedByPrompt = Map.groupBy(asked, request => request.prompt)
  for (const [prompt, ofPrompt] of Map.groupBy(tasks.filter(task => task.prompt !== ''), task => task.prompt)) {
    const times = askedByPrompt.get(prompt)?.length ?? 0
    if (ofPrompt.length > times) yield `"${prompt}" was asked for ${times} times, and is ${ofPrompt.length} tasks`
  }
}

/** The provider says that it is finished, and has nothing to show or an error beside it. */
const SPOILT = /\[\[(no-url|sandbox: outcome=)/

/** What the provider finished for a task's current attempt is not called lost, refused or failed at the provider. */
export function * nothingPaidIsGivenUp ({ tasks, attempts, ledger }: Evidence) {
  const statuses = new Map(ledger.map(entry => [entry.externalTaskId, entry.status]))
  const taskById = new Map(tasks.map(task => [task.id, task]))
  for (const { task_id: taskId, attempt, external_task_id: externalTaskId } of attempts) {
    const task = taskById.get(taskId)!
    if (SPOILT.test(task.prompt)) continue
    if (externalTaskId === null || task.attempt !== attempt || task.status !== 'FAILED' || statuses.get(externalTaskId) !== 'completed') continue
    if (/^(UPSTREAM|SUBMISSION)_/.test(task.error_code ?? '')) yield `${taskId} failed with ${task.error_code}, and the provider has its video ${externalTaskId}`
  }
}

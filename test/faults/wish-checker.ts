import type { Evidence, HistoryEntry, Operation, Reply } from './evidence.ts'

type Request = Extract<HistoryEntry, { type: 'reply' | 'lost' }>

/** Picks the requests of a kind that may have had their effect: not those that were told why not. */
export function mayHaveWorked (operation: Operation) {
  return (entry: HistoryEntry): entry is Request => {
    if (entry.type === 'lost') return entry.operation === operation
    return entry.type === 'reply' && entry.operation === operation && ![400, 401, 404, 409].includes(entry.status)
  }
}

function repliesTo (history: HistoryEntry[], ...operations: Operation[]): Reply[] {
  return history.filter(entry => entry.type === 'reply').filter(({ operation }) => operations.includes(operation))
}

export function * keysMakeOneTask ({ tasks, history }: Evidence) {
  const replies = repliesTo(history, 'create', 'remix').filter(({ key }) => key !== undefined)
  const tasksByPrompt = Map.groupBy(tasks, task => task.prompt)
  for (const [key, ofKey] of Map.groupBy(replies, reply => reply.key)) {
    const named = new Set(ofKey.flatMap(({ videoId }) => videoId ?? []))
    if (named.size > 1) yield `the key ${key} was answered with ${[...named].join(' and ')}`
    const made = tasksByPrompt.get(ofKey[0]!.prompt!) ?? []
    if (made.length > 1) yield `the key ${key} made ${made.length} tasks`
  }
}

/** As many attempts as were promised. */
export function * retriesAreKept ({ attempts, history }: Evidence) {
  const byTask = Map.groupBy(attempts, attempt => attempt.task_id)
  const promised = repliesTo(history, 'retry').filter(({ status }) => status === 201 || status === 422)
  for (const [taskId, ofTask] of Map.groupBy(promised, reply => reply.subject!)) {
    const retried = (byTask.get(taskId)?.length ?? 0) - 1
    if (retried < ofTask.length) yield `${taskId} was to be made again ${ofTask.length} times, and was ${retried} times`
  }
}

/** What is said to be cancelled is, here and at the provider; and nothing is that nobody asked for. */
export function * cancelsAreTruthful ({ tasks, attempts, events, ledger, history }: Evidence) {
  const cancelled = new Set(events.filter(({ status }) => status === 'CANCELLED').map(event => event.task_id))
  for (const { subject, outcome, state, at } of repliesTo(history, 'cancel').filter(({ status }) => status === 200)) {
    if (outcome === 'cancelled' && !cancelled.has(subject!)) yield `${subject} was said to be cancelled and never was (at ${at} ms)`
    if (outcome === 'unsupported' && state === 'CANCELLED') yield `${subject} is cancelled, the answer says ${outcome} (at ${at} ms)`
  }
  const asked = new Set(history.filter(mayHaveCancelled).map(request => request.subject))
  for (const id of cancelled) if (!asked.has(id)) yield `${id} was cancelled, and nobody asked for it`

  const made = new Map(ledger.map(entry => [entry.externalTaskId, entry.status]))
  const cancelledNow = new Map(tasks.filter(({ status }) => status === 'CANCELLED').map(task => [task.id, task]))
  for (const { task_id: taskId, attempt, external_task_id: externalTaskId } of attempts) {
    if (externalTaskId === null || cancelledNow.get(taskId)?.attempt !== attempt) continue
    if (made.get(externalTaskId) !== 'cancelled') yield `${taskId} is cancelled, at the provider ${externalTaskId} is ${made.get(externalTaskId)}`
  }
}

/** A delete cancels first; refused, it may have been taken up halfway. */
function mayHaveCancelled (entry: HistoryEntry): entry is Request {
  if (entry.type === 'reply' && entry.operation === 'delete') return entry.status !== 404
  return mayHaveWorked('cancel')(entry) || mayHaveWorked('delete')(entry)
}

/** Gone for its owner from the answer on, its words blanked; and nothing is gone that nobody deleted. */
export function * deletedTasksStayDeleted ({ tasks, history }: Evidence) {
  const gone = new Set(tasks.filter(task => task.deleted).map(task => task.id))
  const [asked, answered] = [new Set<string>(), new Set<string>()]
  for (const entry of history) {
    if ((entry.type !== 'reply' && entry.type !== 'lost') || entry.subject === undefined || entry.operation === 'trespass') continue
    const { subject, operation } = entry
    const status = entry.type === 'reply' ? entry.status : undefined
    if (operation === 'delete') asked.add(subject)
    if (status === 404 && !asked.has(subject)) yield `${operation} of ${subject} was answered with 404 (at ${entry.at} ms)`
    if (status !== undefined && status < 300 && answered.has(subject) && operation !== 'remix') yield `${operation} of ${subject} was answered with ${status} after its deletion (at ${entry.at} ms)`
    if (operation === 'delete' && status === 200) answered.add(subject)
  }
  for (const id of answered) if (!gone.has(id)) yield `${id} was said to be deleted and is there`
  for (const id of gone) if (!asked.has(id)) yield `${id} is deleted, and nobody asked for it`
}

export function * foreignTasksStayHidden ({ tasks, history }: Evidence) {
  const owners = new Map(tasks.map(task => [task.id, task.owner]))
  for (const { subject, status, by } of repliesTo(history, 'trespass')) {
    if (status !== 404 && status < 500) yield `${by} got at ${subject} and was answered with ${status}`
  }
  for (const { videoId, by } of repliesTo(history, 'create', 'remix', 'retry', 'read')) {
    if (videoId !== undefined && owners.has(videoId) && owners.get(videoId) !== by) yield `${by} was given ${videoId}, which is ${owners.get(videoId)}'s`
  }
}

import type { EventEvidence, Evidence, HistoryEntry } from './evidence.ts'

type Hook = Extract<HistoryEntry, { type: 'hook' }>

/** Every change is told to its owner's receiver and to nobody else: at least once, signed, under one webhook-id and in the same words. */
export function * webhooksAreComplete ({ tasks, events, history, receivers }: Evidence) {
  const hooks = history.filter(entry => entry.type === 'hook')
  const owners = new Map(tasks.map(task => [task.id, task.owner]))
  for (const { receiver, id, videoId, verified, at } of hooks) {
    if (!verified) yield `the signature of ${id} is wrong (at ${at} ms)`
    if (owners.get(videoId) !== receiver) yield `${receiver} was told of ${videoId}, which is ${owners.get(videoId)}'s`
  }
  const deleted = new Set(tasks.filter(task => task.deleted).map(task => task.id))
  // What is still to be sent of a deleted task has lost its words.
  for (const [id, ofId] of Map.groupBy(hooks.filter(hook => !deleted.has(hook.videoId)), hook => hook.id)) {
    if (new Set(ofId.map(hook => hook.digest)).size > 1) yield `${id} came in different words`
  }
  const told = idsByChange(hooks)
  const happened = Map.groupBy(events.filter(event => isTold(event) && receivers.includes(owners.get(event.task_id)!)), changeOf)
  for (const change of new Set([...told.keys(), ...happened.keys()])) {
    const [ids, times] = [told.get(change)?.size ?? 0, happened.get(change)?.length ?? 0]
    if (ids !== times) yield `${change} happened ${times} times and was told under ${ids} ids`
  }
}

/** Of a task that waits once more nobody is told. */
function isTold ({ status, stage, attempt }: EventEvidence): boolean {
  return status !== 'QUEUED' || (stage === 'accepted' && attempt === 1)
}

function changeOf ({ task_id: taskId, attempt, status }: EventEvidence): string {
  return `${taskId} ${attempt} ${status}`
}

/** The ids under which each change was told and taken. */
function idsByChange (hooks: Hook[]): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>()
  for (const { videoId, attempt, status, id, taken } of hooks) {
    const change = `${videoId} ${attempt} ${status}`
    if (!told.has(change)) told.set(change, new Set())
    if (taken) told.get(change)!.add(id)
  }
  return told
}

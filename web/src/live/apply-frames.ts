import type { QueryClient } from '@tanstack/react-query'
import type { Task } from '../api/client.ts'
import { applyToBatches, finishBatch } from '../batch/standing.ts'
import { applyToLineages } from '../lineage/use-lineage.ts'
import type { Frame, TaskUpdate } from './live.ts'
import { remember, updated } from './recent-updates.ts'
import { changeTasks, knownLists } from './task-lists.ts'

const STEP = ['status', 'stage', 'attempt'] as const

/** Brings what is shown up to date. True: the lists lack something that frames do not tell: a task, what to do about its failure, or whether its progress is an estimate. */
export function applyFrames (client: QueryClient, frames: Frame[]): boolean {
  const updates = new Map<string, TaskUpdate>()
  for (const frame of frames) {
    if (frame.type === 'taskUpdate') updates.set(frame.payload.videoId, frame.payload)
  }
  remember(updates.values())
  let begins = false
  changeTasks(client, task => {
    const update = updates.get(task.videoId)
    begins ||= update?.stage === 'generating' && task.stage !== 'generating'
    return update ? updated(task, update) : task
  })
  for (const update of updates.values()) {
    const queryKey = ['task', update.videoId]
    const before = client.getQueryData<Task>(queryKey)
    client.setQueryData<Task>(queryKey, task => task && updated(task, update))
    // A step further: its timeline has a line more, its hints and times are others.
    if (before && STEP.some(field => before[field] !== update[field])) client.invalidateQueries({ queryKey })
  }
  applyToBatches(client, updates)
  applyToLineages(client, updates)
  for (const frame of frames) {
    if (frame.type === 'batchUpdate') finishBatch(client, frame.payload)
    // What happened meanwhile is not told any more: read it.
    if (frame.type === 'reset') client.invalidateQueries()
  }
  return begins || [...updates.values()].some(({ status }) => status === 'FAILED') || isSomethingMissing(client, updates)
}

/** Somebody else's tab, the API or a batch made it, or it just came to match a filter. */
function isSomethingMissing (client: QueryClient, updates: ReadonlyMap<string, TaskUpdate>): boolean {
  return knownLists(client).some(({ queryKey: [, { status, type }], state }) => {
    const known = new Set(state.data?.pages.flatMap(page => page.tasks.map(({ videoId }) => videoId)))
    return [...updates.values()].some(update => !known.has(update.videoId) && (!status || update.status === status) && (!type || update.type === type))
  })
}

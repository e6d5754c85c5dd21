import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import type { Task } from '../api/client.ts'
import type { Frame, TaskUpdate } from './live.ts'

export interface TaskPage { tasks: Task[], nextCursor: string | null }

/** Brings what is shown up to date with one frame. What the stream does not tell is read again. */
export function applyFrame (client: QueryClient, frame: Frame): void {
  if (frame.type === 'reset') client.invalidateQueries({ queryKey: ['tasks'] })
  if (frame.type === 'taskUpdate') applyUpdate(client, frame.payload)
}

function applyUpdate (client: QueryClient, update: TaskUpdate): void {
  let known = false
  client.setQueriesData<InfiniteData<TaskPage>>({ queryKey: ['tasks'] }, list => list && {
    ...list,
    pages: list.pages.map(page => {
      if (!page.tasks.some(({ videoId }) => videoId === update.videoId)) return page
      known = true
      return { ...page, tasks: page.tasks.map(task => task.videoId === update.videoId ? updated(task, update) : task) }
    })
  })
  client.setQueryData<Task>(['task', update.videoId], task => task && updated(task, update))
  // Somebody else's tab, the API or a batch made it.
  if (!known && update.status !== 'CANCELLED') client.invalidateQueries({ queryKey: ['tasks'] })
  if (isFinal(update)) client.invalidateQueries({ queryKey: ['task', update.videoId] })
}

/** Times, estimates and hints are not in a frame: those of an older attempt or status must not stay. */
function updated (task: Task, { error, ...update }: TaskUpdate): Task {
  const sameRun = task.attempt === update.attempt && task.status === update.status
  return {
    ...task,
    ...update,
    errorMessage: error,
    errorHint: sameRun ? task.errorHint : null,
    estimatedCompletionAt: sameRun ? task.estimatedCompletionAt : null,
    queuePosition: sameRun && update.stage === 'waiting' ? task.queuePosition : null
  }
}

function isFinal ({ status }: TaskUpdate): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED'
}

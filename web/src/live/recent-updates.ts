import type { Task } from '../api/client.ts'
import type { TaskUpdate } from './live.ts'

/** No answer takes longer to come than this. */
const KEPT_MS = 60_000

const recent = new Map<string, { update: TaskUpdate, at: number }>()

/** Keeps what the stream told for answers that are still on their way: these may be older than it. */
export function remember (updates: Iterable<TaskUpdate>): void {
  const at = performance.now()
  for (const update of updates) {
    recent.delete(update.videoId)
    recent.set(update.videoId, { update, at })
  }
  for (const [videoId, kept] of recent) {
    if (kept.at > at - KEPT_MS) break
    recent.delete(videoId)
  }
}

/** An answer that was asked for at this time, with what the stream told since. */
export function withUpdatesSince (tasks: Task[], askedAt: number): Task[] {
  return tasks.map(task => {
    const told = recent.get(task.videoId)
    return told && told.at >= askedAt ? updated(task, told.update) : task
  })
}

/** Times, estimates and hints are not in a frame: those of an older attempt or status must not stay. */
export function updated (task: Task, { error, ...update }: TaskUpdate): Task {
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

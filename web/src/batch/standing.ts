import type { QueryClient } from '@tanstack/react-query'
import { api, unwrap, type Task } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import type { TaskUpdate } from '../live/live.ts'
import { withUpdatesSince } from '../live/recent-updates.ts'
import { isActive } from '../task/is-active.ts'

type Status = Task['status']
type Finished = components['schemas']['BatchUpdate']['payload']

/** How the tasks of a batch stand, each by its id: what the stream tells of one moves the whole. */
export interface Standing {
  counts: Record<Status, number>
  progress: number
  tasks: Readonly<Record<string, { status: Status, progress: number }>>
}

const KEY = 'batch'
const PAGE = 100

export const batchKey = (batchId: string) => [KEY, batchId] as const

/** All pages of it. */
export async function fetchStanding (batchId: string): Promise<Standing> {
  const tasks: Task[] = []
  let cursor: string | undefined
  do {
    const askedAt = performance.now()
    const { items, nextCursor } = await unwrap(api.GET('/api/video/batches/{batchId}', { params: { path: { batchId }, query: { limit: PAGE, cursor } } }))
    tasks.push(...withUpdatesSince(items, askedAt))
    cursor = nextCursor ?? undefined
  } while (cursor)
  return standingOf(Object.fromEntries(tasks.map(({ videoId, status, progress }) => [videoId, { status, progress }])))
}

export function applyToBatches (client: QueryClient, updates: ReadonlyMap<string, TaskUpdate>): void {
  client.setQueriesData<Standing>({ queryKey: [KEY] }, standing => {
    const changed = standing && Object.keys(standing.tasks).flatMap(videoId => updates.get(videoId) ?? [])
    if (!changed?.length) return standing
    return standingOf({ ...standing!.tasks, ...Object.fromEntries(changed.map(({ videoId, status, progress }) => [videoId, { status, progress }])) })
  })
}

/** The stream says that nothing of it runs any more, and how it stands: where we counted otherwise, we read it again. */
export function finishBatch (client: QueryClient, { batchId, counts }: Finished): void {
  const standing = client.getQueryData<Standing>(batchKey(batchId))
  if (standing && Object.keys(counts).some(status => counts[status as Status] !== standing.counts[status as Status])) client.invalidateQueries({ queryKey: batchKey(batchId) })
}

export function isRunning ({ counts }: Standing): boolean {
  return counts.QUEUED + counts.PROCESSING > 0
}

/** As the server counts: a task that ended is at 100, however it ended. */
function standingOf (tasks: Standing['tasks']): Standing {
  const all = Object.values(tasks)
  const counts = { QUEUED: 0, PROCESSING: 0, COMPLETED: 0, FAILED: 0, CANCELLED: 0 }
  for (const { status } of all) counts[status]++
  const done = all.reduce((sum, task) => sum + (isActive(task) ? task.progress : 100), 0)
  return { tasks, counts, progress: all.length === 0 ? 100 : Math.floor(done / all.length) }
}

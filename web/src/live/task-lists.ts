import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query'
import { api, unwrap, type Task } from '../api/client.ts'
import type { Filters } from '../board/filters.ts'
import { withUpdatesSince } from './recent-updates.ts'

export interface TaskPage { tasks: Task[], nextCursor: string | null }
export type ListFilters = Pick<Filters, 'q' | 'status' | 'type'>
type TaskList = InfiniteData<TaskPage, string | undefined>
type ListQuery = Query<TaskList, Error, TaskList, ListKey>
type ListKey = readonly ['tasks', ListFilters]

const PAGE = 100
const KEY = ['tasks'] as const

export const listKey = ({ q, status, type }: ListFilters): ListKey => ['tasks', { q, status, type }]

/** Newest first. */
export async function fetchTaskPage ({ q, status, type }: ListFilters, cursor?: string): Promise<TaskPage> {
  const askedAt = performance.now()
  const page = await unwrap(api.GET('/api/video/tasks', { params: { query: { limit: PAGE, cursor, q: q || undefined, status: status || undefined, type: type || undefined } } }))
  return { ...page, tasks: withUpdatesSince(page.tasks, askedAt) }
}

/** The lists that were read, shown now or a moment ago. */
export function knownLists (client: QueryClient): ListQuery[] {
  return client.getQueryCache().findAll({ queryKey: KEY }) as unknown as ListQuery[]
}

/** Changes tasks wherever they are listed; `undefined` takes one out. */
export function changeTasks (client: QueryClient, change: (task: Task) => Task | undefined): void {
  client.setQueriesData<TaskList>({ queryKey: KEY }, list => {
    const pages = list?.pages.map(page => changePage(page, change))
    return list && pages!.some((page, index) => page !== list.pages[index]) ? { ...list, pages: pages! } : list
  })
}

function changePage (page: TaskPage, change: (task: Task) => Task | undefined): TaskPage {
  const tasks = page.tasks.map(change)
  return tasks.every((task, index) => task === page.tasks[index]) ? page : { ...page, tasks: tasks.filter(task => task !== undefined) }
}

/** Brings in what is new at the head of the lists that are shown, without reading all of their pages again. */
export async function refreshNewest (client: QueryClient): Promise<void> {
  await Promise.all(knownLists(client).map(async query => {
    if (!query.isActive()) return query.invalidate()
    if (!query.state.data || query.state.fetchStatus === 'fetching') return
    const newest = await fetchTaskPage(query.queryKey[1])
    client.setQueryData<TaskList>(query.queryKey, list => list && withNewest(list, newest))
    // More than a page came in since: the rest is between the two.
    if (isGap(query.state.data, newest)) await client.invalidateQueries({ queryKey: query.queryKey, exact: true })
  }))
}

function withNewest (list: TaskList, newest: TaskPage): TaskList {
  const fresh = new Map(newest.tasks.map(task => [task.videoId, task]))
  const known = new Set(list.pages.flatMap(page => page.tasks.map(({ videoId }) => videoId)))
  const added = newest.tasks.filter(({ videoId }) => !known.has(videoId))
  const [first, ...rest] = list.pages.map(page => changePage(page, task => fresh.get(task.videoId) ?? task))
  const tasks = [...added, ...first!.tasks].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  return { ...list, pages: [{ ...first!, tasks }, ...rest] }
}

function isGap (before: TaskList, { tasks, nextCursor }: TaskPage): boolean {
  const known = new Set(before.pages.flatMap(page => page.tasks.map(({ videoId }) => videoId)))
  return nextCursor !== null && known.size > 0 && !tasks.some(({ videoId }) => known.has(videoId))
}

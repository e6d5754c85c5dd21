import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Task } from '../api/client.ts'
import { fetchTaskPage, listKey, type TaskPage } from '../live/task-lists.ts'
import { isShown, type Filters } from './filters.ts'

/** The tasks that match, newest first, a page at a time. */
export function tasksQuery (filters: Filters) {
  return infiniteQueryOptions({
    queryKey: listKey(filters),
    queryFn: ({ pageParam: cursor }) => fetchTaskPage(filters, cursor),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: TaskPage) => page.nextCursor ?? undefined
  })
}

/** Kept fresh by the stream; while other filters' tasks are on their way the former ones stay. */
export function useTasks (filters: Filters) {
  const { status, type } = filters
  const list = useInfiniteQuery({ ...tasksQuery(filters), placeholderData: previous => previous })
  const tasks = useMemo(() => unique(list.data?.pages.flatMap(page => page.tasks) ?? []).filter(task => isShown({ status, type }, task)), [list.data, status, type])
  return { ...list, tasks }
}

/** A page read after something new came in overlaps with the one before. */
function unique (tasks: Task[]): Task[] {
  return [...new Map(tasks.map(task => [task.videoId, task])).values()]
}

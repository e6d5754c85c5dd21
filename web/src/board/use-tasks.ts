import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Task } from '../api/client.ts'
import { fetchTaskPage, listKey, type TaskPage } from '../live/task-lists.ts'
import { isShown, type Filters } from './filters.ts'

/** The tasks that match, newest first, a page at a time; kept fresh by the stream. */
export function useTasks (filters: Filters) {
  const { status, type } = filters
  const list = useInfiniteQuery({
    queryKey: listKey(filters),
    queryFn: ({ pageParam: cursor }) => fetchTaskPage(filters, cursor),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: TaskPage) => page.nextCursor ?? undefined,
    placeholderData: (previous?: InfiniteData<TaskPage, string | undefined>) => previous
  })
  const tasks = useMemo(() => unique(list.data?.pages.flatMap(page => page.tasks) ?? []).filter(task => isShown({ status, type }, task)), [list.data, status, type])
  return { ...list, tasks }
}

/** A page read after something new came in overlaps with the one before. */
function unique (tasks: Task[]): Task[] {
  return [...new Map(tasks.map(task => [task.videoId, task])).values()]
}

import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, unwrap, type Task } from '../api/client.ts'
import type { TaskPage } from '../live/apply-frame.ts'
import { isShown, type Filters } from './filters.ts'

const PAGE = 100

/** The tasks that match, newest first, a page at a time; kept fresh by the stream. */
export function useTasks (filters: Filters) {
  const { q, status, type } = filters
  const list = useInfiniteQuery({
    queryKey: ['tasks', { q, status, type }],
    queryFn: ({ pageParam: cursor }) => unwrap(api.GET('/api/video/tasks', { params: { query: { limit: PAGE, cursor, q: q || undefined, status: status || undefined, type: type || undefined } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: TaskPage) => page.nextCursor ?? undefined,
    placeholderData: (previous?: InfiniteData<TaskPage, string | undefined>) => previous
  })
  const tasks = useMemo(() => unique(list.data?.pages.flatMap(page => page.tasks) ?? []).filter(task => isShown({ ...filters, status, type }, task)), [list.data, filters, status, type])
  return { ...list, tasks }
}

/** A page read after something new came in overlaps with the one before. */
function unique (tasks: Task[]): Task[] {
  return [...new Map(tasks.map(task => [task.videoId, task])).values()]
}

import { useInfiniteQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { PageHead } from '../shell/shell.tsx'

export function BoardPage () {
  const { nav, status } = useText()
  const list = useInfiniteQuery({
    queryKey: ['tasks', {}],
    queryFn: ({ pageParam }) => unwrap(api.GET('/api/video/tasks', { params: { query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined
  })
  const tasks = list.data?.pages.flatMap(page => page.tasks) ?? []
  return (
    <>
      <PageHead title={nav.board} />
      <ul className='grid gap-3 p-4 md:px-6'>
        {tasks.map(task => <li key={task.videoId} className='rounded-xl border bg-surface p-3'>{task.prompt} · {status[task.status]} · {task.progress} %</li>)}
      </ul>
    </>
  )
}

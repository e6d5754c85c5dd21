import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { fetchTask } from '../task/fetch-task.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Problem } from '../ui/problem.tsx'

const TaskDrawer = lazy(async () => ({ default: (await import('../task/task-drawer.tsx')).TaskDrawer }))
const RemixDialog = lazy(async () => ({ default: (await import('../remix/remix-dialog.tsx')).RemixDialog }))

/** The video of a tree as the board shows it: to be seen, and to be remixed. */
export function FocusDetails ({ videoId, onClose }: { videoId: string, onClose: () => void }) {
  const { task: words } = useText()
  const [remixed, setRemixed] = useState<Task>()
  const { data: task, error } = useQuery({ queryKey: ['task', videoId], queryFn: () => fetchTask(videoId) })
  if (!task) return error && <Dialog open onClose={onClose} title={words.details}><Problem error={error} /></Dialog>
  return (
    <Suspense>
      {remixed ? <RemixDialog source={remixed} onClose={onClose} /> : <TaskDrawer task={task} onClose={onClose} onRemix={setRemixed} />}
    </Suspense>
  )
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap, type Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { changeTasks } from '../live/task-lists.ts'
import { useToast } from '../ui/toast.tsx'
import { fetchTask } from './fetch-task.ts'

const path = (videoId: string) => ({ params: { path: { videoId } } })

/**
 * What can be done to a task. The stream tells what comes of it; the task is read again for what it does not tell.
 * What went wrong is said here and not by whoever asked: a card leaves the board before the answer comes.
 */
export function useTaskActions () {
  const client = useQueryClient()
  const { task: words } = useText()
  const { show: say, problem: onError } = useToast()
  const show = async (videoId: string) => {
    const fresh = await fetchTask(videoId)
    changeTasks(client, task => task.videoId === videoId ? fresh : task)
    await client.invalidateQueries({ queryKey: ['task', videoId] })
  }
  const cancel = useMutation({
    mutationFn: (videoId: string) => unwrap(api.POST('/api/video/tasks/{videoId}/cancel', path(videoId))),
    onSuccess ({ outcome }, videoId) {
      say(words.cancelOutcome[outcome])
      return show(videoId)
    },
    onError
  })
  const retry = useMutation({
    mutationFn: ({ videoId, acceptDuplicateRisk = false }: { videoId: string, acceptDuplicateRisk?: boolean }) =>
      unwrap(api.POST('/api/video/tasks/{videoId}/retry', { ...path(videoId), body: { acceptDuplicateRisk } })),
    onSuccess: (_answer, { videoId }) => show(videoId),
    onError
  })
  const remove = useMutation({
    mutationFn: (videoId: string) => unwrap(api.DELETE('/api/video/tasks/{videoId}', path(videoId))),
    onSuccess (_answer, videoId) {
      keepFocus(videoId)
      changeTasks(client, task => task.videoId === videoId ? undefined : task)
    },
    onError
  })
  return { cancel, retry, remove }
}

/** The card that goes takes the focus with it, unless it is given to the list before. */
function keepFocus (videoId: string): void {
  const focused = document.activeElement
  if (focused === document.body || focused?.closest(`[data-task="${videoId}"]`)) document.querySelector<HTMLElement>('[role=feed]')?.focus({ preventScroll: true })
}

/** Why a video cannot be remixed; undefined when it can. */
export function remixObstacle (task: Task): 'notCompleted' | 'noExternalId' | undefined {
  if (task.status !== 'COMPLETED') return 'notCompleted'
  return task.externalTaskId === null ? 'noExternalId' : undefined
}

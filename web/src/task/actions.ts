import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap, type Task } from '../api/client.ts'
import { changeTasks } from '../live/task-lists.ts'
import { fetchTask } from './fetch-task.ts'

const path = (videoId: string) => ({ params: { path: { videoId } } })

/** What can be done to a task. The stream tells what comes of it; the task is read again for what it does not tell. */
export function useTaskActions () {
  const client = useQueryClient()
  const show = async (videoId: string) => {
    const fresh = await fetchTask(videoId)
    changeTasks(client, task => task.videoId === videoId ? fresh : task)
    await client.invalidateQueries({ queryKey: ['task', videoId] })
  }
  const cancel = useMutation({ mutationFn: (videoId: string) => unwrap(api.POST('/api/video/tasks/{videoId}/cancel', path(videoId))), onSuccess: (_answer, videoId) => show(videoId) })
  const retry = useMutation({
    mutationFn: ({ videoId, acceptDuplicateRisk = false }: { videoId: string, acceptDuplicateRisk?: boolean }) =>
      unwrap(api.POST('/api/video/tasks/{videoId}/retry', { ...path(videoId), body: { acceptDuplicateRisk } })),
    onSuccess: (_answer, { videoId }) => show(videoId)
  })
  const remove = useMutation({ mutationFn: (videoId: string) => unwrap(api.DELETE('/api/video/tasks/{videoId}', path(videoId))), onSuccess: (_answer, videoId) => changeTasks(client, task => task.videoId === videoId ? undefined : task) })
  return { cancel, retry, remove }
}

/** Why a video cannot be remixed; undefined when it can. */
export function remixObstacle (task: Task): 'notCompleted' | 'noExternalId' | undefined {
  if (task.status !== 'COMPLETED') return 'notCompleted'
  return task.externalTaskId === null ? 'noExternalId' : undefined
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrapAs, type Task } from '../api/client.ts'
import { SENT_AGAIN, sendOnce } from '../api/send-once.ts'
import { extraFields, type Draft, type Parameters, type TaskRequest } from '../board/draft.ts'
import { refreshNewest } from '../live/task-lists.ts'

/** What stands in the window of a remix. Empty means: as its source. */
export type RemixDraft = Pick<Draft, 'prompt' | 'aspectRatio' | 'size' | 'duration' | 'extras'>

export function draftOf ({ prompt }: Task): RemixDraft {
  return { prompt, aspectRatio: '', size: '', duration: '', extras: {} }
}

/** Has the remix made, of what its source's channel takes. */
export function useRemix ({ videoId }: Task, taken: Parameters | undefined) {
  const client = useQueryClient()
  return useMutation({
    ...SENT_AGAIN,
    mutationFn: (draft: RemixDraft) => sendOnce({ videoId, ...requestOf(draft, taken) }, ({ videoId, ...body }, header) =>
      unwrapAs<unknown>(api.POST('/api/video/tasks/{videoId}/remix', { params: { path: { videoId }, header }, body }))),
    onSettled: () => { refreshNewest(client).catch(() => {}) }
  })
}

function requestOf ({ prompt, aspectRatio, size, duration, extras }: RemixDraft, taken: Parameters | undefined): TaskRequest {
  return {
    prompt: prompt.trim(),
    ...aspectRatio && { aspectRatio },
    ...size && { size },
    ...duration && { duration: Number(duration) },
    ...extraFields(extras, taken)
  }
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ApiError, problemAt, unwrapAs } from '../api/client.ts'
import { SENT_AGAIN, sendOnce } from '../api/send-once.ts'
import { refreshNewest } from '../live/task-lists.ts'
import { MODELS_QUERY } from '../models/use-models.ts'
import type { TaskRequest } from './draft.ts'

/** Sends one request for so many videos; a lost answer is asked for again and makes nothing twice. */
export function useCreate () {
  const client = useQueryClient()
  return useMutation({
    ...SENT_AGAIN,
    mutationFn: ({ request, count }: { request: TaskRequest, count: number }): Promise<{ batchId?: string }> => count > 1
      ? sendOnce({ atomic: true, defaults: request, items: Array.from({ length: count }, () => ({})) }, (body, header) => unwrapAs<{ batchId?: string }>(api.POST('/api/video/batches', { params: { header }, body }))).catch(asOfOne)
      : sendOnce(request, (body, header) => unwrapAs<{ batchId?: string }>(api.POST('/api/video/tasks', { params: { header }, body }))),
    // It was on offer a moment ago.
    onError: error => { if (problemAt(error, 'model')) client.invalidateQueries({ queryKey: MODELS_QUERY.queryKey }) },
    onSettled: () => { refreshNewest(client).catch(() => {}) }
  })
}

/** They are all alike: what is wrong with the first is wrong with each, and is said once. */
function asOfOne (error: unknown): never {
  if (!(error instanceof ApiError)) throw error
  const details = error.details.filter(({ field }) => !/^items\.[1-9]/.test(field)).map(({ field, message }) => ({ field: field.replace(/^(defaults|items\.0)\./, ''), message }))
  throw Object.assign(error, { details })
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrapAs } from '../api/client.ts'
import { refreshNewest } from '../live/task-lists.ts'
import type { TaskRequest } from './draft.ts'

/** Sends one request for so many videos, under a key of its own: a lost answer is asked for again and makes nothing twice. */
export function useCreate () {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ request, count }: { request: TaskRequest, count: number }) => count > 1
      ? unwrapAs<{ batchId?: string }>(api.POST('/api/video/batches', { params: { header: newKey() }, body: { defaults: request, items: Array.from({ length: count }, () => ({})) } }))
      : unwrapAs<{ batchId?: string }>(api.POST('/api/video/tasks', { params: { header: newKey() }, body: request })),
    onSettled: () => { refreshNewest(client).catch(() => {}) }
  })
}

export function newKey () {
  return { 'idempotency-key': Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('') }
}

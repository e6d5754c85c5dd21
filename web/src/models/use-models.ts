import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'

export type Model = components['schemas']['OfferedModel']

export const MODELS_QUERY = { queryKey: ['models'], queryFn: () => unwrap(api.GET('/api/models')), staleTime: 60_000 }

/** What can be made, and with which parameters: only that is offered. */
export function useModels () {
  return useQuery({ ...MODELS_QUERY, select: ({ models }) => models })
}

/** No channel takes new videos. */
export function useNothingOffered (): boolean {
  return useQuery({ ...MODELS_QUERY, select: ({ models, otherModels }) => models.length + otherModels.length === 0 }).data ?? false
}

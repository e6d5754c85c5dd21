import { useQuery } from '@tanstack/react-query'
import { api, unwrapAs } from '../api/client.ts'
import type { LineageNode } from './tree.ts'

export interface Lineage { rootId: string, focusId: string, nodes: LineageNode[], truncated: boolean }

/** Enough for a picture; beyond it the rest is left to the API. */
const MAX_NODES = 2_000
const PAGE = 500

/** The whole tree of a video, page after page. */
export function useLineage (videoId: string) {
  return useQuery({ queryKey: ['task', videoId, 'lineage'], queryFn: () => fetchLineage(videoId), staleTime: 0 })
}

async function fetchLineage (videoId: string): Promise<Lineage> {
  const nodes: LineageNode[] = []
  let cursor: string | undefined
  do {
    const page = await fetchPage(videoId, cursor)
    nodes.push(...page.nodes)
    cursor = page.nextCursor ?? undefined
    if (!cursor || nodes.length >= MAX_NODES) return { rootId: page.rootId, focusId: page.focusId, nodes, truncated: cursor !== undefined }
  } while (true)
}

/** Without a format the address answers in JSON. */
function fetchPage (videoId: string, cursor: string | undefined) {
  return unwrapAs<Omit<Lineage, 'truncated'> & { nextCursor: string | null }>(api.GET('/api/video/tasks/{videoId}/lineage', { params: { path: { videoId }, query: { limit: PAGE, cursor } } }))
}

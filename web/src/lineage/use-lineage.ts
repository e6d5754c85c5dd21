import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { api, unwrapAs } from '../api/client.ts'
import type { TaskUpdate } from '../live/live.ts'
import type { LineageNode } from './tree.ts'

export interface Lineage { rootId: string, focusId: string, nodes: LineageNode[], truncated: boolean }

/** Enough for a picture; beyond it the rest is left to the API. */
const MAX_NODES = 2_000
const PAGE = 500
const KEY = 'lineage'

/** The whole tree of a video, page after page. */
export function useLineage (videoId: string) {
  const client = useQueryClient()
  return useQuery({ queryKey: [KEY, videoId], queryFn: () => fetchLineage(videoId), staleTime: 0, initialData: () => knownTree(client, videoId), initialDataUpdatedAt: 0 })
}

/** A step along a tree needs no new one: what was read of it last is shown, and stays when it cannot be read again. */
function knownTree (client: QueryClient, videoId: string): Lineage | undefined {
  const read = client.getQueryCache().findAll({ queryKey: [KEY] }).toSorted((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)
  const tree = read.map(({ state }) => state.data as Lineage | undefined).find(tree => tree?.nodes.some(node => node.videoId === videoId))
  return tree && { ...tree, focusId: videoId }
}

/** What the stream tells of a tree's videos. One that is new in it has it read again. */
export function applyToLineages (client: QueryClient, updates: ReadonlyMap<string, TaskUpdate>): void {
  for (const [queryKey, lineage] of client.getQueriesData<Lineage>({ queryKey: [KEY] })) {
    if (!lineage) continue
    const known = new Set(lineage.nodes.map(({ videoId }) => videoId))
    if ([...updates.values()].some(({ videoId, remixedFrom }) => !known.has(videoId) && known.has(remixedFrom ?? ''))) client.invalidateQueries({ queryKey })
    if (lineage.nodes.some(({ videoId }) => updates.has(videoId))) client.setQueryData(queryKey, { ...lineage, nodes: lineage.nodes.map(node => withUpdate(node, updates.get(node.videoId))) })
  }
}

function withUpdate (node: LineageNode, update: TaskUpdate | undefined): LineageNode {
  return update ? { ...node, status: update.status, thumbnailUrl: update.thumbnailUrl } : node
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

import { hierarchy, tree } from 'd3-hierarchy'
import type { LineageNode, Shown } from './tree.ts'

export const NODE_WIDTH = 220
export const NODE_HEIGHT = 96
const COLUMN = NODE_WIDTH + 72
const ROW = NODE_HEIGHT + 20

/** Where things stand in the picture, from left to right: videos, and folded brothers behind a count. */
export type Placed =
  | { kind: 'video', id: string, x: number, y: number, node: LineageNode, parent: LineageNode | undefined }
  | { kind: 'folded', id: string, x: number, y: number, parent: LineageNode, count: number }

type Item = { shown: Shown } | { folded: number, of: LineageNode }

export function layOut (root: Shown): Placed[] {
  const laid = tree<Item>().nodeSize([ROW, COLUMN])(hierarchy<Item>({ shown: root }, childrenOf))
  return laid.descendants().map(({ data, x, y, parent }) => {
    const at = { x: y, y: x }
    if ('folded' in data) return { kind: 'folded', id: `${data.of.videoId}-folded`, ...at, parent: data.of, count: data.folded }
    const above = parent?.data
    return { kind: 'video', id: data.shown.node.videoId, ...at, node: data.shown.node, parent: above && 'shown' in above ? above.shown.node : undefined }
  })
}

function childrenOf (item: Item): Item[] {
  if ('folded' in item) return []
  const { children, hidden, node } = item.shown
  return [...children.map(shown => ({ shown })), ...hidden > 0 ? [{ folded: hidden, of: node }] : []]
}

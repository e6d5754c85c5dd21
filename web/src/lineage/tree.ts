import type { components } from '../api/schema.d.ts'

export type LineageNode = components['schemas']['LineageNode']

/** A node with what came of it, oldest first. */
export interface Branch { node: LineageNode, children: Branch[] }

/** More brothers than this are folded away until they are asked for; the way to the focus never is. */
export const MAX_SIBLINGS = 5

export function buildTree (nodes: readonly LineageNode[], rootId: string): Branch | undefined {
  const branches = new Map(nodes.map(node => [node.videoId, { node, children: [] as Branch[] }]))
  for (const branch of branches.values()) {
    if (branch.node.videoId !== rootId) branches.get(branch.node.parentId ?? '')?.children.push(branch)
  }
  return branches.get(rootId)
}

/** The focus and everything it came from. */
export function pathTo (nodes: readonly LineageNode[], focusId: string): ReadonlySet<string> {
  const parents = new Map(nodes.map(({ videoId, parentId }) => [videoId, parentId]))
  const path = new Set<string>()
  for (let at: string | null | undefined = focusId; at && !path.has(at); at = parents.get(at)) path.add(at)
  return path
}

/** A branch as it is shown: `hidden` children wait behind one more node. */
export interface Shown { node: LineageNode, children: Shown[], hidden: number }

export function fold (branch: Branch, path: ReadonlySet<string>, unfolded: ReadonlySet<string>): Shown {
  const { node, children } = branch
  const all = children.length <= MAX_SIBLINGS || unfolded.has(node.videoId)
  const kept = all ? children : children.filter(({ node }, index) => index < MAX_SIBLINGS - 1 || path.has(node.videoId))
  return { node, children: kept.map(child => fold(child, path, unfolded)), hidden: children.length - kept.length }
}

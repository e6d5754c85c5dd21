import type { Lineage, LineageNode } from './lineage.ts'

/** What of a prompt stands in a box. */
const EXCERPT_CHARACTERS = 60

type Drawn = Pick<Lineage, 'focusId' | 'topDepth' | 'nodes'>

/** A flowchart for Markdown documents. Prompts may say anything: whatever is more than a letter, a digit or a space is written as its number. */
export function drawMermaid ({ focusId, topDepth, nodes }: Drawn): string {
  const lines = nodes.map(node => `  ${node.videoId}["${linesOf(node).map(escapeMermaid).join('<br/>')}"]`)
  const edges = edgesOf(nodes, topDepth).map(({ from, to, type }) => `  ${from} -->|${type}| ${to}`)
  const deleted = nodes.filter(node => node.deleted).map(node => node.videoId)
  return [
    'flowchart TD',
    ...lines,
    ...edges,
    ...deleted.length > 0 ? ['  classDef deleted stroke-dasharray:4', `  class ${deleted.join(',')} deleted`] : [],
    ...nodes.some(node => node.videoId === focusId) ? ['  classDef focus stroke-width:3px', `  class ${focusId} focus`] : [],
    ''
  ].join('\n')
}

/** A digraph for Graphviz. */
export function drawDot ({ focusId, topDepth, nodes }: Drawn): string {
  const lines = nodes.map(node => {
    const style = [node.deleted && 'dashed', node.videoId === focusId && 'bold'].filter(Boolean).join(',')
    return `  "${node.videoId}" [label="${linesOf(node).map(escapeDot).join('\\n')}"${style && `, style="${style}"`}]`
  })
  const edges = edgesOf(nodes, topDepth).map(({ from, to, type }) => `  "${from}" -> "${to}" [label="${type}"]`)
  return ['digraph lineage {', '  node [shape=box]', ...lines, ...edges, '}', ''].join('\n')
}

function linesOf ({ videoId, prompt, status, deleted }: LineageNode): string[] {
  return [deleted ? 'deleted' : excerpt(prompt), `${videoId} ${status}`]
}

function excerpt (prompt: string): string {
  const characters = [...prompt.slice(0, EXCERPT_CHARACTERS * 4).replace(/[\p{C}\p{Z}]+/gu, ' ').trim()]
  return characters.length > EXCERPT_CHARACTERS ? `${characters.slice(0, EXCERPT_CHARACTERS).join('')}…` : characters.join('')
}

/** Every node but the topmost hangs on its parent, also where that one is on an earlier page. */
function edgesOf (nodes: LineageNode[], topDepth: number): Array<{ from: string | null, to: string, type: string }> {
  return nodes.filter(({ depth }) => depth > topDepth).map(({ parentId, videoId, type }) => ({ from: parentId, to: videoId, type }))
}

function escapeMermaid (text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N} _]/gu, character => `#${character.codePointAt(0)};`)
}

/** Backslashes begin escapes, and `&` an HTML entity, also between quotes. */
function escapeDot (text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/&/g, '&amp;')
}

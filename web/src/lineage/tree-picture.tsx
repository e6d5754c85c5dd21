import { Background, Controls, Handle, Position, ReactFlow, type Edge, type Node, type NodeProps, type ReactFlowInstance } from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { createContext, use, useEffect, useMemo, useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { classes } from '../ui/classes.ts'
import { layOut, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout.ts'
import { NodeCard } from './node-card.tsx'
import type { Shown } from './tree.ts'

interface PictureProps { root: Shown, path: ReadonlySet<string>, focusId: string, picked: string[], onPick: (videoId: string) => void, onVisit: (videoId: string) => void, onUnfold: (videoId: string) => void }
type Marks = Omit<PictureProps, 'root'>
type PlacedNode = Node<{ placed: Placed }, 'video' | 'folded'>
type Flow = ReactFlowInstance<PlacedNode, Edge>

/** A tree of so many is shown whole; a larger one around its focus. */
const FITTING = 24

/** What can neither be dragged nor selected would let every click through. */
const CLICKABLE = { pointerEvents: 'all' } as const

const MarksContext = createContext<Marks>(undefined as never)
const NODE_TYPES = { video: VideoNode, folded: FoldedNode }

/** The tree from left to right; the way to the focus is lit. */
export function TreePicture ({ root, ...marks }: PictureProps) {
  const { lineage: words } = useText()
  const { path, focusId } = marks
  const { nodes, edges } = useMemo(() => draw(root, path), [root, path])
  const [flow, setFlow] = useState<Flow>()
  const [unfolded, setUnfolded] = useState<string>()
  // Unfolding moves everything: what was unfolded stays in sight. A step along the tree moves nothing.
  useEffect(() => { if (flow) show(flow, unfolded ?? focusId) }, [flow, unfolded])
  const onUnfold = (videoId: string) => {
    marks.onUnfold(videoId)
    setUnfolded(videoId)
  }
  return (
    <MarksContext value={{ ...marks, onUnfold }}>
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} onlyRenderVisibleElements nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false}
        minZoom={0.1} maxZoom={1.5} proOptions={{ hideAttribution: true }} aria-label={words.title} ariaLabelConfig={words.controls} onInit={setFlow}
      >
        <Background color='var(--line)' gap={24} />
        <Controls showInteractive={false} className='overflow-hidden rounded-lg border bg-surface [&_button]:border-b [&_button]:bg-surface [&_button]:text-ink [&_svg]:fill-current' />
      </ReactFlow>
    </MarksContext>
  )
}

function show (flow: Flow, aroundId: string): void {
  const nodes = flow.getNodes()
  const { x, y } = nodes.find(({ id }) => id === aroundId)?.position ?? { x: 0, y: 0 }
  if (nodes.length <= FITTING) flow.fitView({ maxZoom: 1, padding: 0.1 })
  else flow.setCenter(x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2, { zoom: 1 })
}

function draw (root: Shown, path: ReadonlySet<string>): { nodes: PlacedNode[], edges: Edge[] } {
  const placed = layOut(root)
  const nodes = placed.map(item => ({ id: item.id, type: item.kind, position: { x: item.x, y: item.y }, width: NODE_WIDTH, height: NODE_HEIGHT, style: CLICKABLE, data: { placed: item } }))
  const edges = placed.flatMap(({ id, parent }) => parent
    ? [{ id: `${parent.videoId}-${id}`, source: parent.videoId, target: id, style: { stroke: path.has(id) ? 'var(--accent)' : 'var(--line)', strokeWidth: path.has(id) ? 2.5 : 1.5 } }]
    : [])
  return { nodes, edges }
}

function VideoNode ({ data: { placed } }: NodeProps<PlacedNode>) {
  const { path, focusId, picked, onPick, onVisit } = use(MarksContext)
  if (placed.kind !== 'video') return null
  return (
    <>
      <Handle type='target' position={Position.Left} className='invisible' />
      <NodeCard node={placed.node} parent={placed.parent} lit={path.has(placed.id)} focused={placed.id === focusId} picked={picked.includes(placed.id)} onPick={onPick} onVisit={onVisit} />
      <Handle type='source' position={Position.Right} className='invisible' />
    </>
  )
}

function FoldedNode ({ data: { placed } }: NodeProps<PlacedNode>) {
  const { lineage: words } = useText()
  const { onUnfold } = use(MarksContext)
  if (placed.kind !== 'folded') return null
  return (
    <>
      <Handle type='target' position={Position.Left} className='invisible' />
      <button type='button' onClick={() => onUnfold(placed.parent.videoId)} className={classes('nopan h-full w-40 rounded-xl border border-dashed bg-surface text-sm text-dim hover:border-accent hover:text-accent')}>{words.more(placed.count)}</button>
    </>
  )
}

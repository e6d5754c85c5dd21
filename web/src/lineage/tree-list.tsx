import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useText } from '../i18n/text.tsx'
import { TreeRow, type Row } from './tree-row.tsx'
import type { Branch, LineageNode } from './tree.ts'

interface ListProps { root: Branch, path: ReadonlySet<string>, focusId: string, picked: string[], onPick: (videoId: string) => void, onVisit: (videoId: string) => void }

/** The same tree as rows, for small screens and screen readers: arrows walk it, Enter goes there, space picks for a comparison. */
export function TreeList ({ root, path, focusId, picked, onPick, onVisit }: ListProps) {
  const { lineage: words } = useText()
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [active, setActive] = useState(focusId)
  const list = useRef<HTMLUListElement>(null)
  const rows = useMemo(() => [...flatten(root, closed)], [root, closed])
  const setOpen = (id: string, open: boolean) => {
    setClosed(known => new Set(open ? [...known].filter(other => other !== id) : [...known, id]))
    // The keys cannot stand on what is folded away.
    setActive(id)
  }
  const goTo = (row: Row | undefined) => {
    if (!row) return
    setActive(row.branch.node.videoId)
    list.current?.querySelector<HTMLElement>(`[data-node="${row.branch.node.videoId}"]`)?.focus()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLButtonElement && (event.key === 'Enter' || event.key === ' ')) return
    const at = rows.findIndex(({ branch }) => branch.node.videoId === active)
    const row = rows[at]
    if (!row) return
    const act = keyAction(event.key, row, at, rows, { goTo, setOpen, onPick, onVisit })
    if (!act) return
    event.preventDefault()
    act()
  }
  return (
    <ul ref={list} role='tree' aria-label={words.title} onKeyDown={onKey} className='p-4 md:px-6'>
      {rows.map(row => {
        const { videoId, deleted } = row.branch.node
        return (
          <TreeRow
            key={videoId} row={row} active={videoId === active} lit={path.has(videoId)} focused={videoId === focusId} picked={picked.includes(videoId)}
            onFocus={() => setActive(videoId)} onVisit={() => { if (!deleted) onVisit(videoId) }} onFold={open => setOpen(videoId, open)} onPick={() => onPick(videoId)}
          />
        )
      })}
    </ul>
  )
}

function * flatten (branch: Branch, closed: ReadonlySet<string>, parent?: LineageNode, level = 1, position = 1, count = 1): Generator<Row> {
  const open = !closed.has(branch.node.videoId)
  yield { branch, parent, level, open, position, count }
  if (!open) return
  for (const [index, child] of branch.children.entries()) yield * flatten(child, closed, branch.node, level + 1, index + 1, branch.children.length)
}

interface Moves { goTo: (row: Row | undefined) => void, setOpen: (id: string, open: boolean) => void, onPick: (id: string) => void, onVisit: (id: string) => void }

/** As the tree pattern of WAI-ARIA has it. */
function keyAction (key: string, row: Row, at: number, rows: Row[], { goTo, setOpen, onPick, onVisit }: Moves): (() => void) | undefined {
  const { node, children } = row.branch
  switch (key) {
    case 'ArrowDown': return () => goTo(rows[at + 1])
    case 'ArrowUp': return () => goTo(rows[at - 1])
    case 'Home': return () => goTo(rows[0])
    case 'End': return () => goTo(rows.at(-1))
    case 'ArrowRight': return () => row.open ? children.length > 0 && goTo(rows[at + 1]) : setOpen(node.videoId, true)
    case 'ArrowLeft': return () => row.open && children.length > 0 ? setOpen(node.videoId, false) : goTo(rows.slice(0, at).findLast(({ level }) => level < row.level))
    case 'Enter': return () => { if (!node.deleted) onVisit(node.videoId) }
    case ' ': return () => { if (node.status === 'COMPLETED' && !node.deleted) onPick(node.videoId) }
  }
}

import { useEffect, useRef, useState, type MouseEvent, type RefObject } from 'react'
import { useText } from '../i18n/text.tsx'
import { PromptDiff } from '../remix/prompt-diff-view.tsx'
import { nearChange } from '../remix/prompt-diff.ts'
import { StatusBadge } from '../task/status-badge.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import type { Branch, LineageNode } from './tree.ts'

export interface Row { branch: Branch, parent: LineageNode | undefined, level: number, open: boolean, position: number, count: number }

interface RowProps {
  row: Row
  /** Where the keys are. */
  active: boolean
  /** On the way to the focus. */
  lit: boolean
  focused: boolean
  picked: boolean
  onFocus: () => void
  onVisit: () => void
  onFold: (open: boolean) => void
  onPick: () => void
}

/** A video in the list. Its buttons are for pointers; the keys of the tree do the same. */
export function TreeRow ({ row: { branch: { node, children }, parent, level, open, position, count }, active, lit, focused, picked, onFocus, onVisit, onFold, onPick }: RowProps) {
  const { lineage: words, status } = useText()
  const element = useRef<HTMLLIElement>(null)
  const isParent = children.length > 0
  return (
    <li
      ref={element} role='treeitem' data-node={node.videoId} tabIndex={active ? 0 : -1} aria-level={level} aria-posinset={position} aria-setsize={count} aria-selected={focused}
      aria-expanded={isParent ? open : undefined} aria-label={node.deleted ? words.deleted : `${node.prompt}, ${status[node.status]}`} onFocus={onFocus} onClick={onVisit}
      className={classes('flex cursor-pointer items-center gap-2 rounded-lg border-l-2 py-1.5 pr-2', lit ? 'border-accent' : 'border-line', focused && 'bg-accent-soft', picked && 'ring-2 ring-warn')}
      style={{ paddingLeft: `min(${(level - 1) * 1.1 + 0.25}rem, 25vw)` }}
    >
      {isParent
        ? <button type='button' tabIndex={-1} aria-label={open ? words.fold : words.unfold} onClick={only(() => onFold(!open))} className='grid size-8 shrink-0 place-items-center rounded-lg text-lg text-dim hover:bg-raised hover:text-ink'><span aria-hidden className={classes('transition', open && 'rotate-90')}>›</span></button>
        : <span className='w-8 shrink-0' />}
      {node.deleted ? <span className='py-2 text-sm text-dim'>{words.deleted}</span> : <Video node={node} parent={parent} element={element} />}
      {node.status === 'COMPLETED' && !node.deleted && <button type='button' tabIndex={-1} aria-pressed={picked} aria-label={`A/B: ${words.compare}`} title={words.compare} onClick={only(onPick)} className={classes(buttonClasses(picked ? 'chosen' : 'plain', 'small'), 'shrink-0')}>A/B</button>}
    </li>
  )
}

/** A button in a row is no step to the row. */
function only (act: () => void) {
  return (event: MouseEvent) => {
    event.stopPropagation()
    act()
  }
}

function Video ({ node: { thumbnailUrl, status, prompt }, parent, element }: { node: LineageNode, parent: LineageNode | undefined, element: RefObject<HTMLLIElement | null> }) {
  const seen = useSeen(element)
  return (
    <>
      <span className='grid size-10 shrink-0 place-items-center overflow-hidden rounded-lg bg-raised'>
        {thumbnailUrl ? <img src={thumbnailUrl} alt='' loading='lazy' className='size-full object-cover' /> : <Icon name='image' className='size-5 text-dim' />}
      </span>
      <div className='flex min-w-0 flex-1 flex-col items-start gap-0.5 sm:flex-row sm:items-center sm:gap-2'>
        <StatusBadge status={status} />
        {seen && parent && !parent.deleted ? <PromptDiff cut={nearChange} before={parent.prompt} after={prompt} className='line-clamp-2 sm:line-clamp-1' /> : <p dir='auto' className='line-clamp-2 text-sm wrap-anywhere sm:line-clamp-1'>{prompt}</p>}
      </div>
    </>
  )
}

/** Whether it has been in sight: to compare the prompts of a large tree all at once would take seconds. */
function useSeen (element: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    if (seen || !element.current) return
    const observer = new IntersectionObserver(entries => { if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true) })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [seen, element])
  return seen
}

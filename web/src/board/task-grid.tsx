import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import type { Task } from '../api/client.ts'
import { TaskCard, type CardHandlers } from './task-card.tsx'

const CARD_WIDTH = 250
const GAP = 16
/** Room for the fullest card: two lines of prompt, four of what went wrong, and the bar. */
const ROW_HEIGHT = 396

interface GridProps {
  tasks: Task[]
  handlers: CardHandlers
  favourites: ReadonlySet<string>
  selected: ReadonlySet<string>
  /** The video the keyboard stands on. */
  current: string | undefined
  /** The end is near: more may be wanted. */
  onNearEnd: () => void
}

/** Only what is near the screen is in the document: ten thousand cards scroll like fifty. */
export function TaskGrid ({ tasks, handlers, favourites, selected, current, onNearEnd }: GridProps) {
  const { ref, columns, offset } = useColumns()
  const rows = Math.ceil(tasks.length / columns)
  const list = useWindowVirtualizer({ count: rows, estimateSize: () => ROW_HEIGHT, gap: GAP, overscan: 3, scrollMargin: offset })
  const items = list.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => { if (last >= rows - 2) onNearEnd() }, [last, rows, onNearEnd])
  const showMarked = useEffectEvent((videoId: string) => list.scrollToIndex(Math.floor(tasks.findIndex(task => task.videoId === videoId) / columns), { align: 'auto' }))
  // Only when the mark moves: what comes in moves the videos, and nobody's page.
  useEffect(() => { if (current) showMarked(current) }, [current])
  return (
    <div ref={ref} role='feed' tabIndex={-1} aria-busy={false} className='relative outline-none' style={{ height: list.getTotalSize() }}>
      {items.map(({ index, start }) => (
        <div key={index} className='absolute inset-x-0 top-0 grid gap-4' style={{ transform: `translateY(${start - offset}px)`, height: ROW_HEIGHT, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
          {tasks.slice(index * columns, (index + 1) * columns).map(task => (
            <TaskCard
              key={task.videoId} task={task} handlers={handlers} isFavourite={favourites.has(task.videoId)}
              isSelected={selected.has(task.videoId)} isCurrent={current === task.videoId}
            />
          ))}
        </div>
      ))}
    </div>
  )
}

/** As many columns as cards of a readable width fit, and how far down the page the grid begins. */
function useColumns () {
  const ref = useRef<HTMLDivElement>(null)
  const [layout, setLayout] = useState({ columns: 1, offset: 0 })
  useLayoutEffect(() => {
    const element = ref.current!
    const measure = () => {
      const columns = Math.max(1, Math.floor((element.clientWidth + GAP) / (CARD_WIDTH + GAP)))
      const offset = Math.round(element.getBoundingClientRect().top + scrollY)
      setLayout(known => known.columns === columns && known.offset === offset ? known : { columns, offset })
    }
    measure()
    // The composer above grows and shrinks: the page as a whole is watched.
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [])
  return { ref, ...layout }
}

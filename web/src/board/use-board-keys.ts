import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { Task } from '../api/client.ts'
import { remixObstacle } from '../task/actions.ts'
import { useShortcuts } from '../shell/shortcuts.ts'
import type { CardHandlers } from './task-card.tsx'

interface Board { tasks: Task[], idle: boolean, handlers: CardHandlers, onBatch: () => void }

/** A video, and where it stood: when it goes, the one in its place follows. */
interface Mark { videoId: string, index: number }

/** Moves through the cards by keyboard. Answers with the video it stands on. */
export function useBoardKeys ({ tasks, idle, handlers, onBatch }: Board): string | undefined {
  const [mark, setMark] = useState<Mark>()
  const [, navigate] = useLocation()
  const marked = markedOf(tasks, mark)
  const board = useRef({ tasks, mark })
  useEffect(() => { board.current = { tasks, mark } })
  const withTask = (act: (task: Task) => void) => () => {
    const task = markedOf(board.current.tasks, board.current.mark)
    if (task) act(task)
  }
  const move = (by: number) => () => {
    // Keys are pressed faster than pages are drawn.
    const { tasks, mark } = board.current
    const here = markedOf(tasks, mark)
    const index = Math.min(Math.max(here ? tasks.indexOf(here) + by : 0, 0), tasks.length - 1)
    const task = tasks[index]
    if (!task) return
    // What had the focus would have Enter.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    board.current.mark = { videoId: task.videoId, index }
    setMark(board.current.mark)
  }
  useShortcuts(idle, {
    j: move(1),
    k: move(-1),
    n: () => document.querySelector<HTMLTextAreaElement>('form textarea')?.focus(),
    '/': () => document.getElementById('search')?.focus(),
    Enter: withTask(handlers.onOpen),
    x: withTask(handlers.onSelect),
    r: withTask(task => { if (!remixObstacle(task)) handlers.onRemix(task) }),
    g: withTask(({ videoId }) => navigate(`/lineage/${videoId}`)),
    b: onBatch
  })
  return marked?.videoId
}

function markedOf (tasks: Task[], mark: Mark | undefined): Task | undefined {
  return mark && (tasks.find(({ videoId }) => videoId === mark.videoId) ?? tasks[Math.min(mark.index, tasks.length - 1)])
}

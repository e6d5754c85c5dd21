import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { Task } from '../api/client.ts'
import { remixObstacle } from '../task/actions.ts'
import { useShortcuts } from '../shell/shortcuts.ts'
import type { CardHandlers } from './task-card.tsx'

interface Board { tasks: Task[], idle: boolean, handlers: CardHandlers, onBatch: () => void }

/** Moves through the cards by keyboard. Answers with the card it stands on; -1 for none. */
export function useBoardKeys ({ tasks, idle, handlers, onBatch }: Board): number {
  const [current, setCurrent] = useState(-1)
  const [, navigate] = useLocation()
  const board = useRef({ tasks, current })
  useEffect(() => { board.current = { tasks, current } })
  const withTask = (act: (task: Task) => void) => () => {
    const task = board.current.tasks[board.current.current]
    if (task) act(task)
  }
  useShortcuts(idle, {
    j: () => setCurrent(at => Math.min(at + 1, tasks.length - 1)),
    k: () => setCurrent(at => Math.max(at - 1, 0)),
    n: () => document.querySelector<HTMLTextAreaElement>('form textarea')?.focus(),
    '/': () => document.getElementById('search')?.focus(),
    Enter: withTask(handlers.onOpen),
    x: withTask(handlers.onSelect),
    r: withTask(task => { if (!remixObstacle(task)) handlers.onRemix(task) }),
    g: withTask(({ videoId }) => navigate(`/lineage/${videoId}`)),
    b: onBatch
  })
  return Math.min(current, tasks.length - 1)
}

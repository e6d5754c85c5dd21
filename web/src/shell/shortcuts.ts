import { useEffect, useRef } from 'react'

export type Shortcuts = Readonly<Record<string, () => void>>

/** Single keys, as long as `active` and nobody types or holds a modifier. A control that has the focus keeps Enter and space. */
export function useShortcuts (active: boolean, shortcuts: Shortcuts): void {
  const known = useRef(shortcuts)
  useEffect(() => { known.current = shortcuts })
  useEffect(() => {
    if (!active) return
    const onKey = (event: KeyboardEvent) => {
      const act = known.current[event.key]
      if (!act || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [active])
}

function isTyping ({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('[role=dialog], [role=menu]')) return true
  if (key === 'Enter' && target.closest('button, a')) return true
  return target.isContentEditable || target.closest('input:not([type=checkbox]), textarea, select') !== null
}

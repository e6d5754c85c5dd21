/** What opened the windows on top of each other, the last one first. */
let openers: readonly HTMLElement[] = []

/** Asked while a window is drawn for the first time, before a field in it takes the focus: what the focus is to return to. */
export function rememberOpener (): readonly HTMLElement[] {
  const focused = document.activeElement
  // Nothing has the focus: the window that opened this one has gone already.
  if (!(focused instanceof HTMLElement) || focused === document.body) return openers
  openers = focused.closest('[role=dialog]') ? [focused, ...openers] : [openerOfMenu(focused) ?? focused]
  return openers
}

/** The first that is still there. `false` where there is none, or where the next window, or a field, has the focus already. */
export function returnTo (openers: readonly HTMLElement[], closed: HTMLElement | null): HTMLElement | false {
  const focused = document.activeElement
  const next = focused?.closest('[role=dialog]')
  if (next && next !== closed) return false
  // A key pressed while the window went may have led to a field already.
  if (!closed?.contains(focused) && focused?.matches('input, textarea, select')) return false
  return openers.find(element => element.isConnected) ?? false
}

/** An item goes with its menu; the button that opened it stays. */
function openerOfMenu (focused: HTMLElement): HTMLElement | null {
  return focused.closest('[role=menu]') && document.querySelector('[aria-haspopup=menu][aria-expanded=true]')
}

import { useSyncExternalStore } from 'react'

const KEY = 'reelay:favourites'
const changed = new EventTarget()

/** The starred videos of this browser, in every tab of it. */
export function useFavourites (): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, read)
}

export function toggleFavourite (videoId: string): void {
  const next = new Set(read())
  if (!next.delete(videoId)) next.add(videoId)
  localStorage.setItem(KEY, JSON.stringify([...next]))
  changed.dispatchEvent(new Event('change'))
}

let text: string | null = null
let favourites: ReadonlySet<string> = new Set()

/** The same set until it changes: React asks at every render. */
function read (): ReadonlySet<string> {
  const stored = localStorage.getItem(KEY)
  if (stored !== text) {
    text = stored
    favourites = new Set(parse(stored))
  }
  return favourites
}

function parse (stored: string | null): string[] {
  try {
    const list: unknown = JSON.parse(stored ?? '[]')
    return Array.isArray(list) ? list.filter(id => typeof id === 'string') : []
  } catch {
    // Somebody else's value under our key: nothing is starred.
    return []
  }
}

function subscribe (listener: () => void): () => void {
  addEventListener('storage', listener)
  changed.addEventListener('change', listener)
  return () => {
    removeEventListener('storage', listener)
    changed.removeEventListener('change', listener)
  }
}

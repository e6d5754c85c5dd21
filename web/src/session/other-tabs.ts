const NAME = 'reelay:session'

/** Tells the other tabs of this browser that somebody signed in or out. */
export function tellOtherTabs (): void {
  const tabs = new BroadcastChannel(NAME)
  tabs.postMessage('changed')
  tabs.close()
}

export function whenOtherTabsTell (listener: () => void): () => void {
  const tabs = new BroadcastChannel(NAME)
  tabs.onmessage = listener
  return () => tabs.close()
}

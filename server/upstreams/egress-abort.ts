interface Watch { readonly ends: Set<() => void>, readonly listener: () => void }

const watches = new WeakMap<AbortSignal, Watch>()

/**
 * Calls `end` when the signal aborts; answers with what takes that back. One listener serves all calls of a signal, because
 * an EventTarget walks through its listeners for each that comes: 15 µs a call where 1,500 share a signal. It
 * goes with the last of them: a signal made by `AbortSignal.any` stays in memory as long as it has one.
 */
export function onAbort (signal: AbortSignal, end: () => void): () => void {
  const watch = watches.get(signal) ?? begin(signal)
  watch.ends.add(end)
  return () => {
    if (watch.ends.delete(end) && watch.ends.size === 0) forget(signal, watch)
  }
}

function begin (signal: AbortSignal): Watch {
  const ends = new Set<() => void>()
  const watch = { ends, listener: () => { for (const end of ends) end() } }
  watches.set(signal, watch)
  signal.addEventListener('abort', watch.listener)
  return watch
}

function forget (signal: AbortSignal, { listener }: Watch): void {
  watches.delete(signal)
  signal.removeEventListener('abort', listener)
}

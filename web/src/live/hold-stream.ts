import type { Told } from './live.ts'

/** A stream says nothing of its heartbeats to a page: after so long without a frame the server is asked whether it is there … */
const SILENT_MS = 15_000
/** … this often, and waited for so long. */
const PROBE_MS = 5_000
/** A stream that ends without being replaced by the browser, such as after a 503, is opened again. */
const REOPEN_MS = 2_000

/** Until it is told to end. EventSource reconnects by itself; what it gives up on is opened anew. */
export function holdStream (lastId: () => string, tell: (told: Told) => void, onRefused: () => void, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    let source: EventSource
    let timer: ReturnType<typeof setTimeout>
    let heardAt = performance.now()
    const isSilent = () => performance.now() - heardAt >= SILENT_MS
    const open = () => {
      source = new EventSource(addressAfter(lastId()))
      source.onopen = () => {
        heardAt = performance.now()
        tell({ kind: 'state', state: 'live' })
      }
      source.onmessage = ({ data, lastEventId }) => {
        heardAt = performance.now()
        tell({ kind: 'frame', frame: JSON.parse(data), id: lastEventId })
      }
      source.onerror = () => {
        tell({ kind: 'state', state: 'reconnecting' })
        if (source.readyState !== EventSource.CLOSED) return
        onRefused()
        timer = setTimeout(open, REOPEN_MS)
      }
    }
    open()
    // A server that hangs closes no connection, so that the browser notices nothing.
    let asking = false
    const watch = setInterval(async () => {
      if (asking || !isSilent() || source.readyState === EventSource.CLOSED) return
      asking = true
      const there = await isThere(signal)
      asking = false
      if (there || !isSilent() || signal.aborted) return
      tell({ kind: 'state', state: 'reconnecting' })
      source.close()
      open()
    }, PROBE_MS)
    signal.addEventListener('abort', () => {
      clearInterval(watch)
      clearTimeout(timer)
      source.close()
      resolve()
    })
  })
}

function isThere (signal: AbortSignal): Promise<boolean> {
  return fetch('/health', { cache: 'no-store', signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]) }).then(({ ok }) => ok, () => false)
}

function addressAfter (lastId: string): string {
  return '/api/sse/task-updates' + (lastId && `?lastEventId=${encodeURIComponent(lastId)}`)
}

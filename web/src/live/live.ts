import type { components } from '../api/schema.d.ts'
import { Running } from './running.ts'

export type Frame = components['schemas']['Frame']
/** What the stream says of a task; the rest of it is in the list. */
export type TaskUpdate = components['schemas']['TaskUpdate']['payload']
export type LiveState = 'connecting' | 'live' | 'reconnecting'

type Told = { kind: 'frame', frame: Frame, id: string } | { kind: 'state', state: LiveState, running?: string[] } | { kind: 'who' }

interface Listeners {
  /** What came within one moment, and which tasks run by then. */
  onFrames: (frames: Frame[], running: ReadonlySet<string>) => void
  onState: (state: LiveState) => void
  /** How many tasks run, whenever it changes. */
  onRunning: (count: number) => void
  /** The stream was refused: whoever is signed in may not be any more. */
  onRefused: () => void
}

const NAME = 'reelay:live'
/** A stream says nothing of its heartbeats to a page: after so long without a frame the server is asked whether it is there … */
const SILENT_MS = 15_000
/** … this often, and waited for so long. */
const PROBE_MS = 5_000
/** A stream that ends without being replaced by the browser, such as after a 503, is opened again. */
const REOPEN_MS = 2_000
/** Frames of so long are shown at once: nobody sees more changes a second. */
const GATHER_MS = 80

/**
 * One stream for all tabs of a browser, since HTTP/1.1 allows six connections an origin: the tab that holds the lock
 * has it and tells the others. When that tab closes another one gets the lock and resumes after the last id.
 */
export function startLive ({ onFrames, onState, onRunning, onRefused }: Listeners): () => void {
  const ending = new AbortController()
  const others = new BroadcastChannel(NAME)
  const running = new Running()
  const gather = gatherer(GATHER_MS, (frames: Frame[]) => {
    onFrames(frames, running.ids)
    onRunning(running.ids.size)
  })
  let lastId = ''
  let state: LiveState = 'connecting'
  let leads = false

  const hear = (told: Told) => {
    if (told.kind === 'who') { if (leads) others.postMessage({ kind: 'state', state, running: [...running.ids] } satisfies Told); return }
    if (told.kind === 'state') return hearState(told)
    lastId = told.id || lastId
    running.hear(told.frame)
    gather.add(told.frame)
  }
  const hearState = (told: Extract<Told, { kind: 'state' }>) => {
    state = told.state
    if (told.running) running.take(told.running)
    else if (state === 'live') running.begin()
    onState(state)
    onRunning(running.ids.size)
  }
  const tell = (told: Told) => {
    hear(told)
    others.postMessage(told)
  }
  others.onmessage = ({ data }: MessageEvent<Told>) => hear(data)
  others.postMessage({ kind: 'who' } satisfies Told)

  const lead = async () => {
    // The lock may be granted at the very moment at which it is not wanted any more.
    if (ending.signal.aborted) return
    leads = true
    await holdStream(() => lastId, tell, onRefused, ending.signal)
  }
  // Only secure origins have locks: elsewhere every tab has a stream of its own.
  const leading = navigator.locks ? navigator.locks.request(NAME, { signal: ending.signal }, lead) : lead()
  leading.catch(error => { if (!ending.signal.aborted) throw error })
  return () => {
    ending.abort()
    gather.end()
    others.close()
  }
}

/** Until it is told to end. EventSource reconnects by itself; what it gives up on is opened anew. */
function holdStream (lastId: () => string, tell: (told: Told) => void, onRefused: () => void, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    let source: EventSource
    let timer: ReturnType<typeof setTimeout>
    let heardAt = performance.now()
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
    // A machine that sleeps, a cable that is pulled: no connection is closed, so that the browser notices nothing.
    const watch = setInterval(async () => {
      if (performance.now() - heardAt < SILENT_MS || source.readyState === EventSource.CLOSED) return
      if (await isThere(signal) || signal.aborted) return
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

/** Hands on together what comes together. */
function gatherer<Item> (ms: number, hand: (items: Item[]) => void) {
  let items: Item[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    add (item: Item) {
      items.push(item)
      timer ??= setTimeout(() => {
        timer = undefined
        const gathered = items
        items = []
        hand(gathered)
      }, ms)
    },
    end: () => clearTimeout(timer)
  }
}

function addressAfter (lastId: string): string {
  return '/api/sse/task-updates' + (lastId && `?lastEventId=${encodeURIComponent(lastId)}`)
}

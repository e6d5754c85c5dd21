import type { Task } from '../api/client.ts'

/** What the stream says of a task; the rest of it is in the list. */
export type TaskUpdate = Pick<Task, 'videoId' | 'externalTaskId' | 'clientRequestId' | 'type' | 'status' | 'stage' | 'attempt' | 'progress' | 'videoUrl' | 'thumbnailUrl' | 'remixedFrom' | 'metadata' | 'errorCode'> & { error: string | null }
export type Frame =
  | { type: 'taskUpdate', timestamp: number, payload: TaskUpdate }
  | { type: 'snapshotEnd', truncated: boolean }
  | { type: 'reset' }
export type LiveState = 'connecting' | 'live' | 'reconnecting'

type Told = { kind: 'frame', frame: Frame, id: string } | { kind: 'state', state: LiveState } | { kind: 'who' }

interface Listeners { onFrame: (frame: Frame) => void, onState: (state: LiveState) => void }

const NAME = 'reelay:live'
/** A stream that ends without being replaced by the browser, such as after a 503, is opened again. */
const REOPEN_MS = 2_000

/**
 * One stream for all tabs of a browser, since HTTP/1.1 allows six connections an origin: the tab that holds the lock
 * has it and tells the others. When that tab closes another one gets the lock and resumes after the last id.
 */
export function startLive ({ onFrame, onState }: Listeners): () => void {
  const ending = new AbortController()
  const others = new BroadcastChannel(NAME)
  let lastId = ''
  let state: LiveState = 'connecting'
  let leads = false

  const hear = (told: Told) => {
    if (told.kind === 'who') { if (leads) others.postMessage({ kind: 'state', state } satisfies Told); return }
    if (told.kind === 'state') return onState(state = told.state)
    lastId = told.id || lastId
    onFrame(told.frame)
  }
  const tell = (told: Told) => {
    hear(told)
    others.postMessage(told)
  }
  others.onmessage = ({ data }: MessageEvent<Told>) => hear(data)
  others.postMessage({ kind: 'who' } satisfies Told)

  const lead = async () => {
    leads = true
    await holdStream(() => lastId, tell, ending.signal)
  }
  // Only secure origins have locks: elsewhere every tab has a stream of its own.
  const leading = navigator.locks ? navigator.locks.request(NAME, { signal: ending.signal }, lead) : lead()
  leading.catch(error => { if (!ending.signal.aborted) throw error })
  return () => {
    ending.abort()
    others.close()
  }
}

/** Until it is told to end. EventSource reconnects by itself; what it gives up on is opened anew. */
function holdStream (lastId: () => string, tell: (told: Told) => void, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    let source: EventSource
    let timer: ReturnType<typeof setTimeout>
    const open = () => {
      source = new EventSource(addressAfter(lastId()))
      source.onopen = () => tell({ kind: 'state', state: 'live' })
      source.onmessage = ({ data, lastEventId }) => tell({ kind: 'frame', frame: JSON.parse(data), id: lastEventId })
      source.onerror = () => {
        tell({ kind: 'state', state: 'reconnecting' })
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS)
      }
    }
    open()
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      source.close()
      resolve()
    })
  })
}

function addressAfter (lastId: string): string {
  return '/api/sse/task-updates' + (lastId && `?lastEventId=${encodeURIComponent(lastId)}`)
}

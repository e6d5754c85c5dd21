import type { components } from '../api/schema.d.ts'
import { holdStream } from './hold-stream.ts'
import { Running } from './running.ts'

export type Frame = components['schemas']['Frame']
/** What the stream says of a task; the rest of it is in the list. */
export type TaskUpdate = components['schemas']['TaskUpdate']['payload']
export type LiveState = 'connecting' | 'live' | 'reconnecting'

export type Told = { kind: 'frame', frame: Frame, id: string } | { kind: 'state', state: LiveState, running?: string[] } | { kind: 'who' }

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

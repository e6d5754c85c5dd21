import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { api, unwrap } from '../api/client.ts'
import { useRunningInTitle } from '../shell/title.ts'
import { isActive } from '../task/is-active.ts'
import { applyFrames } from './apply-frames.ts'
import { startLive, type Frame, type LiveState } from './live.ts'
import { knownLists, refreshNewest } from './task-lists.ts'

export interface Liveness { state: LiveState, lastUpdateAt: number }

/** Lists are looked at for new tasks no more often than this, however fast these come. */
const REFRESH_MS = 1_500
/** Pictures are made after their videos, and no frame tells of them: they are looked for then. */
const PICTURES_MS = [3_000, 12_000]

const LivenessContext = createContext<Liveness>({ state: 'connecting', lastUpdateAt: Date.now() })

/** Brings the stream into what is shown, and tells how it is. */
export function LiveProvider ({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [liveness, setLiveness] = useState<Liveness>({ state: 'connecting', lastUpdateAt: Date.now() })
  const [running, setRunning] = useState(0)
  useRunningInTitle(running)
  useEffect(() => {
    const refresh = refresher(client)
    let before: LiveState = 'connecting'
    const end = startLive({
      onFrames (frames, running) {
        const missing = applyFrames(client, frames)
        if (missing || (frames.some(({ type }) => type === 'snapshotEnd') && isSomethingOver(client, running))) refresh.ask()
        if (frames.some(isWithoutPicture)) refresh.askLater()
        setLiveness(known => Date.now() - known.lastUpdateAt < 1_000 ? known : { ...known, lastUpdateAt: Date.now() })
      },
      onState (state) {
        // An attempt to connect anew is nothing heard.
        setLiveness(known => state === known.state ? known : { state, lastUpdateAt: Date.now() })
        // The stream catches up by itself; what was asked for meanwhile failed.
        if (state === 'live' && before === 'reconnecting') client.invalidateQueries()
        before = state
      },
      onRunning: setRunning,
      // An ended session is answered with 401, which shows the sign-in page.
      onRefused: () => { unwrap(api.GET('/api/auth/me')).catch(() => {}) }
    })
    return () => {
      end()
      refresh.end()
    }
  }, [client])
  return <LivenessContext value={liveness}>{children}</LivenessContext>
}

export function useLiveness (): Liveness {
  return use(LivenessContext)
}

/** A list was read before the stream began, and what ended in between is told by neither. */
function isSomethingOver (client: QueryClient, running: ReadonlySet<string>): boolean {
  return knownLists(client).some(({ state }) => state.data?.pages.some(page => page.tasks.some(task => isActive(task) && !running.has(task.videoId))))
}

function isWithoutPicture (frame: Frame): boolean {
  return frame.type === 'taskUpdate' && frame.payload.status === 'COMPLETED' && frame.payload.thumbnailUrl === null
}

/** At once, and then at most every so often. */
function refresher (client: QueryClient) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let later: Array<ReturnType<typeof setTimeout>> = []
  let again = false
  const run = () => {
    again = false
    // What fails is asked for at the next frame, or when the stream is back.
    refreshNewest(client).catch(() => {})
    timer = setTimeout(() => {
      timer = undefined
      if (again) run()
    }, REFRESH_MS)
  }
  return {
    ask () {
      if (timer) again = true
      else run()
    },
    askLater () {
      later.forEach(clearTimeout)
      later = PICTURES_MS.map(ms => setTimeout(() => {
        refreshNewest(client).catch(() => {})
        client.invalidateQueries({ queryKey: ['lineage'] })
      }, ms))
    },
    end () {
      for (const waiting of [timer, ...later]) clearTimeout(waiting)
    }
  }
}

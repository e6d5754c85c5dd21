import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { api, unwrap } from '../api/client.ts'
import { useRunningInTitle } from '../shell/title.ts'
import { applyFrames } from './apply-frames.ts'
import { startLive, type LiveState } from './live.ts'
import { refreshNewest } from './task-lists.ts'

export interface Liveness { state: LiveState, lastUpdateAt: number }

/** Lists are looked at for new tasks no more often than this, however fast these come. */
const REFRESH_MS = 1_500

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
      onFrames (frames) {
        if (applyFrames(client, frames)) refresh.ask()
        setLiveness(known => Date.now() - known.lastUpdateAt < 1_000 ? known : { ...known, lastUpdateAt: Date.now() })
      },
      onState (state) {
        setLiveness({ state, lastUpdateAt: Date.now() })
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

/** At once, and then at most every so often. */
function refresher (client: QueryClient) {
  let timer: ReturnType<typeof setTimeout> | undefined
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
    end: () => clearTimeout(timer)
  }
}

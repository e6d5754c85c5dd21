import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { applyFrame } from './apply-frame.ts'
import { startLive, type LiveState } from './live.ts'

export interface Liveness { state: LiveState, lastUpdateAt: number }

const LivenessContext = createContext<Liveness>({ state: 'connecting', lastUpdateAt: Date.now() })

/** Brings the stream into what is shown, and tells how it is. */
export function LiveProvider ({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [liveness, setLiveness] = useState<Liveness>({ state: 'connecting', lastUpdateAt: Date.now() })
  useEffect(() => {
    let before: LiveState = 'connecting'
    return startLive({
      onFrame (frame) {
        applyFrame(client, frame)
        setLiveness(known => Date.now() - known.lastUpdateAt < 1_000 ? known : { ...known, lastUpdateAt: Date.now() })
      },
      onState (state) {
        setLiveness({ state, lastUpdateAt: Date.now() })
        // The stream catches up by itself; what was asked for meanwhile failed.
        if (state === 'live' && before === 'reconnecting') client.invalidateQueries()
        before = state
      }
    })
  }, [client])
  return <LivenessContext value={liveness}>{children}</LivenessContext>
}

export function useLiveness (): Liveness {
  return use(LivenessContext)
}

import { useEffect, useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { useLiveness } from '../live/live-provider.tsx'
import { classes } from '../ui/classes.ts'

const LOOKS = { live: 'bg-ok-soft text-ok', connecting: 'bg-raised text-dim', reconnecting: 'bg-warn-soft text-warn' } as const

/** Whether what is shown is what is: live, or how old. */
export function LivePill () {
  const { live } = useText()
  const { state, lastUpdateAt } = useLiveness()
  const age = useAge(lastUpdateAt, state !== 'live')
  return (
    <span data-live={state} className={classes('inline-flex h-7 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium', LOOKS[state])}>
      <span aria-hidden className={classes('size-2 rounded-full bg-current', state === 'live' && 'motion-safe:animate-pulse')} />
      <span role='status'>{live[state]}</span>
      {/* Beside what is read out: nobody wants to be told each second. */}
      {state !== 'live' && <span className='tabular-nums'>· {live.lastUpdate(age)}</span>}
    </span>
  )
}

/** Seconds since then, counted on while it matters. */
function useAge (since: number, counts: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!counts) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [counts])
  return Math.max(0, Math.round((now - since) / 1_000))
}

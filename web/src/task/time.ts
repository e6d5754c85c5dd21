import { useEffect, useState } from 'react'

/** The present time, renewed so often while something is shown that depends on it. */
export function useNow (everyMs: number, active = true): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!active) return
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, active])
  return now
}

const STEPS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const

/** "3 minutes ago", "in 20 seconds", in the reader's language. */
export function relativeTime (instant: string, now: number, locale: string): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1_000)
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS[3]
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }).format(Math.round(seconds / length), unit)
}

export function fullTime (instant: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(instant))
}

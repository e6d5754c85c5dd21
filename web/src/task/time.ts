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

/** To make one takes longer than to draw a card: each is made once a language. */
const relative = perLocale(locale => new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' }))
const full = perLocale(locale => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }))
const ofDay = perLocale(locale => new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }))

/** "3min ago", "in 20s", in the reader's language. */
export function relativeTime (instant: string, now: number, locale: string): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1_000)
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS[3]
  return relative(locale).format(Math.round(seconds / length), unit)
}

export function fullTime (instant: string, locale: string): string {
  return full(locale).format(new Date(instant))
}

export function timeOfDay (instant: string, locale: string): string {
  return ofDay(locale).format(new Date(instant))
}

function perLocale<Format> (make: (locale: string) => Format): (locale: string) => Format {
  const made = new Map<string, Format>()
  return locale => {
    const format = made.get(locale) ?? make(locale)
    made.set(locale, format)
    return format
  }
}

import { ReelayError, type Reason } from './errors.ts'

/** Runs at most `atOnce` pieces of work together and lets `maxWaiting` more wait; whoever comes later is RATE_LIMITED. */
export function createBoundedQueue (atOnce: number, maxWaiting: number, reason: Reason['reason']): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: Array<() => void> = []
  let running = 0

  async function enter (): Promise<void> {
    if (running < atOnce) {
      running++
      return
    }
    if (waiting.length >= maxWaiting) throw new ReelayError('RATE_LIMITED', { params: { reason: { reason } }, retryAfterSeconds: 1 })
    await new Promise<void>(resolve => waiting.push(resolve))
  }

  // A finished piece hands its place straight to the next, so `running` does not change.
  function leave (): void {
    const next = waiting.shift()
    if (next) next()
    else running--
  }

  return async work => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}

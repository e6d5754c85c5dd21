import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'

/** Repeats a database write that must not be lost until it is taken or `signal` aborts, pausing up to 2 s between tries. */
export async function retryWrite<T> (log: Log, signal: AbortSignal, write: () => Promise<T>): Promise<T> {
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
    try {
      return await write()
    } catch (error) {
      if (signal.aborted) throw error
      log.error({ err: error, pauseMs }, 'write failed, trying again')
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}

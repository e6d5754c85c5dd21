import { mayPass, retryDelay, type ApiError } from './client.ts'

type Header = { 'idempotency-key': string }

/** The keys of what is on its way, or whose answer was lost. */
const keys = new Map<string, string>()

/**
 * Sends what costs money. Until it is answered, the very same request goes under the same key, whether it is sent again
 * by itself or by whoever presses the button once more: it is made once.
 */
export async function sendOnce<Body, T> (body: Body, send: (body: Body, header: Header) => Promise<T>): Promise<T> {
  const what = JSON.stringify(body)
  const key = keys.get(what) ?? newKey()
  keys.set(what, key)
  try {
    const answer = await send(body, { 'idempotency-key': key })
    keys.delete(what)
    return answer
  } catch (error) {
    if (!isLost(error)) keys.delete(what)
    throw error
  }
}

/** For mutations that use it: what was lost is sent again by itself. */
export const SENT_AGAIN = {
  retry: (tries: number, error: unknown) => tries < 4 && isLost(error),
  retryDelay
}

/** Nobody can tell whether it was done. A refusal of ours that names its task is an answer, whatever its status. */
function isLost (error: unknown): boolean {
  return mayPass(error) && (error as ApiError).videoId === undefined
}

/** Without a secure origin there is no randomUUID. */
function newKey (): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

import type { Readable } from 'node:stream'
import { EgressError } from './egress-error.ts'

/** As much as a socket holds back before it asks to wait: so each piece is with the operating system before the next is asked for. */
const PIECE_BYTES = 64 * 1024
/** Small enough to go to the operating system at once: without it nobody has the request, however long this process stands still. */
const LAST_BYTES = 1024

interface TimedBody { headers: Record<string, string>, body: Buffer | Readable }

/**
 * A long body, none of which leaves after `sendBy`. In one piece the rest of it would go out first of all things when a
 * process that was stopped goes on: before any timer, and long after others took the request for one that never arrived.
 */
export function inPieces (body: Buffer, sendBy: number): TimedBody {
  if (body.length <= PIECE_BYTES) return { headers: {}, body }
  // undici takes any iterable and asks for the next piece when it can write it, as its types do not say; a stream would read ahead.
  return { headers: { 'content-length': String(body.length) }, body: cut(body, sendBy) as unknown as Readable }
}

async function * cut (body: Buffer, sendBy: number) {
  const last = body.length - LAST_BYTES
  for (let start = 0; start < body.length;) {
    // The first byte's time is the exchange's to see to.
    if (start > 0 && performance.now() > sendBy) throw new EgressError('aborted', 'its time was over before all of it was sent', { sent: true })
    const end = start < last ? Math.min(start + PIECE_BYTES, last) : body.length
    yield body.subarray(start, end)
    start = end
  }
}

import type { LogPosition } from './event-log.ts'

const FORM = /^([0-9a-z]{1,32})-(\d{1,20})-(\d{1,19})$/

/** A place in the feed as clients hold it: `<feedEpoch>-<xid>-<id>`. */
export function encodeCursor (epoch: string, { xid, id }: LogPosition): string {
  return `${epoch}-${xid}-${id}`
}

/** What of the log a client can resume in. */
export interface Resumable {
  epoch: string
  end: LogPosition
  /** Up to here events were pruned; absent while all are kept. */
  horizon?: LogPosition
}

/** Undefined for what is not a cursor of this epoch between horizon and end: such a client starts afresh (DESIGN §8). */
export function decodeCursor (text: string, { epoch, end, horizon }: Resumable): LogPosition | undefined {
  const match = FORM.exec(text)
  if (!match || match[1] !== epoch) return undefined
  const position = { xid: match[2]!, id: match[3]! }
  if (isAfter(position, end) || (horizon && isAfter(horizon, position))) return undefined
  return position
}

export function isAfter (a: LogPosition, b: LogPosition): boolean {
  const byXid = BigInt(a.xid) - BigInt(b.xid)
  return byXid > 0n || (byXid === 0n && BigInt(a.id) > BigInt(b.id))
}

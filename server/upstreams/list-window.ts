import type { EgressReply } from './egress.ts'

/** When the jobs looked for were made. `now` is what the clock that it was read from says at the time of asking. */
export interface ListWindow { from: Date, to: Date, now?: Date }

/** A reply that is dated further from now has its date from elsewhere. */
const MOST_MS = 86_400_000

/**
 * The window as the provider's clock shows it, which its reply is dated by: by so much as that is behind or ahead the window
 * grows. With a clock that is minutes off a job just made would lie outside of it, and be taken for one never made.
 */
export function inTheirTime ({ from, to, now }: ListWindow, { date }: EgressReply['headers']): ListWindow {
  const offMs = now && date !== undefined ? Date.parse(date) - now.getTime() : 0
  if (!(Math.abs(offMs) <= MOST_MS)) return { from, to }
  return { from: new Date(from.getTime() + Math.min(offMs, 0)), to: new Date(to.getTime() + Math.max(offMs, 0)) }
}

/** What one client asked of the feed and heard, in order, over all its connections. */
export type Seen =
  /** It wants to go on from here; without a cursor, from now on. */
  | { type: 'asked', cursor?: string }
  /** The server says where it goes on from. */
  | { type: 'opened', cursor: string }
  | { type: 'reset' }
  /** A status change; those of a long poll have no cursor each. */
  | { type: 'change', cursor?: string, videoId: string, status: string, attempt: number }
  /** A long poll has told everything up to here. */
  | { type: 'told', cursor: string }

export interface SeenByClient {
  name: string
  userId: string
  /** The statuses it wants to hear of; absent for all. */
  only?: string
  seen: Seen[]
  /** Every task that any frame was about, with an id or without. */
  videoIds: Set<string>
  /** Answers other than a stream. */
  refusals: Array<{ status: number, code?: string, retryAfter?: string }>
}

import type { Upstream } from '../upstreams/upstream.ts'
import type { ClaimedPoll } from './poll-claims.ts'
import type { PollDecision } from './poll-decision.ts'

/** The polls of one account that are asked for together, as far as they have no answer yet. */
export class PollGroup {
  readonly claimedAt: number
  readonly upstream: Upstream
  /** Any of its polls, to name the account by. */
  readonly one: ClaimedPoll
  readonly answers = new Map<ClaimedPoll, Promise<PollDecision | undefined>>()
  /** The cursor of the last jump. */
  jumpedTo: string | undefined
  readonly #unseen: Set<ClaimedPoll>
  readonly #waiting = new Map<ClaimedPoll, PromiseWithResolvers<PollDecision | undefined>>()

  constructor (polls: ClaimedPoll[], claimedAt: number, upstream: Upstream) {
    this.claimedAt = claimedAt
    this.upstream = upstream
    this.one = polls[0]!
    // The newest first, as lists show them.
    this.#unseen = new Set(polls.toSorted((a, b) => a.elapsed_ms - b.elapsed_ms))
    for (const poll of polls) {
      const waiting = Promise.withResolvers<PollDecision | undefined>()
      // Whoever waits for it hears of it; nobody may.
      waiting.promise.catch(() => {})
      this.#waiting.set(poll, waiting)
      this.answers.set(poll, waiting.promise)
    }
  }

  /** Without an answer yet. */
  get left (): ClaimedPoll[] {
    return [...this.#waiting.keys()]
  }

  /** Not shown by any page yet, the newest first. */
  get unseen (): ClaimedPoll[] {
    return [...this.#unseen]
  }

  /** When the upstream took the job, on the monotonic clock. */
  madeAt (poll: ClaimedPoll): number {
    return this.claimedAt - poll.elapsed_ms
  }

  /** A cursor to the page with the jobs older than the newest one unseen. That one no page will show then. */
  jump (): string {
    const [newest] = this.#unseen
    this.seen(newest!)
    this.jumpedTo = newest!.external_task_id
    return this.jumpedTo
  }

  seen (poll: ClaimedPoll): void {
    this.#unseen.delete(poll)
  }

  /** Undefined: the poll is to be asked singly. */
  settle (poll: ClaimedPoll, decision: PollDecision | undefined): void {
    this.#waiting.get(poll)?.resolve(decision)
    this.#waiting.delete(poll)
  }

  fail (error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

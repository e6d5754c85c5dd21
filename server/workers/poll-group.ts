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
  /** One of those shown is to be asked singly all the same. */
  checks = false
  readonly #unseen: Set<ClaimedPoll>
  readonly #waiting = new Map<ClaimedPoll, PromiseWithResolvers<PollDecision | undefined>>()

  constructor (polls: ClaimedPoll[], claimedAt: number, upstream: Upstream) {
    this.claimedAt = claimedAt
    this.upstream = upstream
    this.one = polls[0]!
    // As lists show them.
    const newestFirst = polls.toSorted((a, b) => a.elapsed_ms - b.elapsed_ms)
    this.#unseen = new Set(newestFirst)
    for (const poll of newestFirst) {
      const waiting = Promise.withResolvers<PollDecision | undefined>()
      // Whoever waits for it hears of it; nobody may.
      waiting.promise.catch(() => {})
      this.#waiting.set(poll, waiting)
      this.answers.set(poll, waiting.promise)
    }
  }

  /** Without an answer yet, the newest first. */
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
    return newest!.external_task_id
  }

  /** The one of those left that has waited longest for a look. */
  get neediest (): ClaimedPoll | undefined {
    return this.left.toSorted((a, b) => waitMs(b) - waitMs(a))[0]
  }

  /**
   * A cursor to a page of so many jobs that ends with the neediest. Undefined: the first. How many other jobs stand
   * between them is not known, and the page may end too soon: so every second time it begins nearer, left to chance.
   */
  pageOfNeediest (pageSize: number): string | undefined {
    const { unseen } = this
    const at = unseen.indexOf(this.neediest!)
    if (at <= 0) return undefined
    const before = Math.random() < 0.5 ? pageSize : Math.ceil(Math.random() * pageSize)
    return unseen[Math.max(0, at - before)]!.external_task_id
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

function waitMs (poll: ClaimedPoll): number {
  return poll.elapsed_ms - poll.polled_after_ms
}

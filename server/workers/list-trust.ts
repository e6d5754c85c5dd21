import type { PolledPage, PollResult } from '../upstreams/upstream.ts'
import { POLL_LEASE_MS, type ClaimedPoll } from './poll-claims.ts'
import type { PollDecision } from './poll-decision.ts'

/** How long a list is left alone that showed nothing of use for so many times, or was none at all … */
const USELESS_TIMES = 3
const USELESS_REST_MS = 5_000
const FAILED_REST_MS = 60_000
/** … each time twice as long as before, up to this. */
const MAX_REST_MS = 900_000
/** The same for one that is behind, or ahead of, what single polls say. */
const WRONG_REST_MS = 600_000
/** How often a job that a list tells of is asked after singly all the same. */
const CHECK_EVERY_MS = 10_000
/** A list is behind when it shows less progress by more than this: some upstreams' goes up and down a little. */
const NOISE_PERCENT = 10
/** While the first completion of its kind is asked singly the others wait, but no longer than this in all. */
const FIRST_COMPLETION_MS = 3_000
/** Polls that wait for a rate meet at moments at most this far apart. */
const MAX_TICK_MS = 8_192
/** Others that far: below what anybody sees. */
const MAX_FREE_TICK_MS = 1_024

/** What came of asking an account's list. */
export type ListOutcome = 'useful' | 'useless' | 'failed'

/** `enough`: it counts as a poll. `ask`: the job is to be asked singly. `soon`: it will count in a moment. */
type Verdict = 'enough' | 'ask' | 'soon'

interface Account {
  restsUntil: number
  restsInARow: number
  uselessInARow: number
  checkedAt: number
  /** Jobs made before this are too old for the first page. */
  frontSince: number
  /** A job of which a single poll said more than the list did just before. The next list shows whether it is behind. */
  suspect?: { externalTaskId: string, said: PollResult }
}

interface Completion {
  askedAt: number
  /** What the last one that was asked singly had in its result. */
  keys?: readonly string[]
}

/** What this process learnt of the accounts' lists: whether they are of use, and what they can answer as well as a single poll. */
export class ListTrust {
  readonly #accounts = new Map<string, Account>()
  readonly #completions = new Map<string, Completion>()
  /** What lists said of the jobs that are asked singly now. */
  readonly #doubts = new WeakMap<ClaimedPoll, PollResult>()

  /** Makes the account known as one that has a list. */
  introduce (poll: ClaimedPoll): void {
    const key = accountOf(poll)
    if (!this.#accounts.has(key)) this.#accounts.set(key, { restsUntil: 0, restsInARow: 0, uselessInARow: 0, checkedAt: -Infinity, frontSince: -Infinity })
  }

  rests (poll: ClaimedPoll): boolean {
    return performance.now() < (this.#account(poll)?.restsUntil ?? 0)
  }

  /** Whether the account's polls are, as far as is known, served by lists. */
  serves (poll: ClaimedPoll): boolean {
    return this.#account(poll) !== undefined && !this.rests(poll)
  }

  note (poll: ClaimedPoll, outcome: ListOutcome): void {
    const account = this.#account(poll)!
    if (outcome === 'useful') {
      account.restsInARow = account.uselessInARow = 0
      return
    }
    // Several may be under way at once: they count as one. That three jobs stand far apart says little.
    if (this.rests(poll) || (outcome === 'useless' && ++account.uselessInARow < USELESS_TIMES)) return
    rest(account, Math.min((outcome === 'failed' ? FAILED_REST_MS : USELESS_REST_MS) * 2 ** account.restsInARow++, MAX_REST_MS))
  }

  /** How far back the account's first page reached the last time, on the monotonic clock. */
  frontSince (poll: ClaimedPoll): number {
    return this.#account(poll)!.frontSince
  }

  noteFront (poll: ClaimedPoll, since: number): void {
    this.#account(poll)!.frontSince = since
  }

  /** Whether what a list says of a job tells as much as a single poll would. */
  judge (poll: ClaimedPoll, listed: PollResult): Verdict {
    switch (listed.state) {
      case 'running': return tellsAsMuch(poll, listed) ? 'enough' : 'ask'
      case 'completed': return this.#judgeCompletion(poll, Object.keys(listed.result))
      // Rare, final, and in need of a reason.
      default: return 'ask'
    }
  }

  /** Providers that give URLs need not do so in their lists: the first completion of a model is asked singly, and shows what one has to say. */
  #judgeCompletion (poll: ClaimedPoll, keys: string[]): Verdict {
    const known = this.#completions.get(kindOf(poll))
    if (known?.keys) return known.keys.every(key => keys.includes(key)) ? 'enough' : 'ask'
    if (known) return performance.now() - known.askedAt < FIRST_COMPLETION_MS ? 'soon' : 'ask'
    this.#completions.set(kindOf(poll), { askedAt: performance.now() })
    return 'ask'
  }

  /** Whether it is time to ask after a job singly, so that a list that lies is found out. A rate spends a tenth on it. */
  isCheckDue (poll: ClaimedPoll, perSecond = 1): boolean {
    return performance.now() - this.#account(poll)!.checkedAt >= Math.max(CHECK_EVERY_MS, CHECK_EVERY_MS / perSecond)
  }

  noteCheck (poll: ClaimedPoll): void {
    this.#account(poll)!.checkedAt = performance.now()
  }

  /** The job will be asked singly: its answer is to be compared with this. */
  doubt (poll: ClaimedPoll, listed: PollResult): void {
    this.#doubts.set(poll, listed)
  }

  /** A single poll's answer. */
  heard (poll: ClaimedPoll, said: PollResult): void {
    const account = this.#account(poll)
    if (!account) return
    if (said.state === 'completed') this.#completions.set(kindOf(poll), { askedAt: 0, keys: Object.keys(said.result) })
    const listed = this.#doubts.get(poll)
    if (listed?.state === 'completed' && said.state === 'running') rest(account, WRONG_REST_MS)
    if (listed && isBehind(listed, said)) account.suspect = { externalTaskId: poll.external_task_id, said }
  }

  /** The job to ask a list for besides, to see whether it has caught up. */
  suspectOf (poll: ClaimedPoll): string | undefined {
    return this.#account(poll)!.suspect?.externalTaskId
  }

  /** Whether the list still says less than a single poll said before. It rests then. */
  lagsBehind (poll: ClaimedPoll, polls: Extract<PolledPage, { state: 'listed' }>['polls']): boolean {
    const account = this.#account(poll)!
    const { suspect } = account
    account.suspect = undefined
    const listed = suspect && polls.get(suspect.externalTaskId)
    if (!listed || !isBehind(listed, suspect.said)) return false
    rest(account, WRONG_REST_MS)
    return true
  }

  /**
   * Lets the next polls of an account fall on common moments, so that one list serves them. Never earlier; later by an
   * eighth of the wait at most, unless a rate makes them wait anyway. Last looks keep their time.
   */
  meet (poll: ClaimedPoll, decision: PollDecision, perSecond: number | undefined): PollDecision {
    if (decision.kind !== 'wait' || !this.serves(poll) || poll.deadline_in_ms - decision.delayMs < POLL_LEASE_MS) return decision
    const tick = tickMs(decision.delayMs, perSecond)
    const past = (Date.now() + decision.delayMs) % tick
    return { ...decision, delayMs: decision.delayMs + (past > 0 ? tick - past : 0) }
  }

  #account (poll: ClaimedPoll): Account | undefined {
    return this.#accounts.get(accountOf(poll))
  }
}

/** A channel's credentials are different accounts: what one sees is not the other's. */
export function accountOf ({ channel_id: channelId, credential_id: credentialId }: ClaimedPoll): string {
  return `${channelId} ${credentialId}`
}

function kindOf (poll: ClaimedPoll): string {
  return `${accountOf(poll)} ${poll.model}`
}

/** Lists may lack progress and queue positions. They count only where nothing is known to be lacking: without progress, when a single poll at this stage gave none either. */
function tellsAsMuch (poll: ClaimedPoll, { stage, progress, queuePosition }: Extract<PollResult, { state: 'running' }>): boolean {
  if (progress !== undefined) return progress >= poll.progress
  const isSeen = poll.polled_after_ms > 0 && poll.failures === 0
  return isSeen && poll.stage === stage && poll.progress_source === 'estimated' && (poll.queue_position === null || queuePosition !== undefined)
}

function isBehind (listed: PollResult, said: PollResult): boolean {
  if (listed.state !== 'running') return false
  if (said.state === 'running') return listed.progress !== undefined && (said.progress ?? 0) - listed.progress > NOISE_PERCENT
  return said.state === 'completed' || said.state === 'failed' || said.state === 'cancelled'
}

function rest (account: Account, forMs: number): void {
  account.restsUntil = Math.max(account.restsUntil, performance.now() + forMs)
}

/** Powers of two, so that every coarse moment is a fine one too. */
function tickMs (delayMs: number, perSecond: number | undefined): number {
  const free = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(delayMs / 8, MAX_FREE_TICK_MS))))
  const paced = perSecond === undefined ? 1 : 2 ** Math.floor(Math.log2(1_000 / perSecond))
  return Math.max(free, Math.min(paced, MAX_TICK_MS))
}

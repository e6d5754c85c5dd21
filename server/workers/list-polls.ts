import { BreakerOpenError } from '../channels/breakers.ts'
import type { ServerContext } from '../context.ts'
import { failpoint } from '../failpoints.ts'
import type { PolledPage, PollResult, Unavailable, UpstreamFailure } from '../upstreams/upstream.ts'
import { accountOf, type ListOutcome } from './list-trust.ts'
import { jobOf, POLLS_PER_LIST, type PollCalls } from './poll-calls.ts'
import { POLL_LEASE_MS, type ClaimedPoll } from './poll-claims.ts'
import { isOver, isWorthPolling, putOff, type PollDecision } from './poll-decision.ts'
import { PollGroup } from './poll-group.ts'

/** A page must serve so many of the polls to be worth its call. */
const LEAST_SERVED = 3
const MAX_PAGES = 10
/** A job's age is known from when its poll was claimed, so exact as this. */
const CLAIM_JITTER_MS = 1_000
/** One page may take so long, and no other is asked for after as much: what is left can still be asked singly within half the lease. */
const PAGE_MS = 10_000
/** When a completion that waits for the first of its kind comes again. */
const SOON_MS = 500

/**
 * Where an upstream lists many jobs in one call, one call serves many polls: one slot, one token of the channel's rate.
 * A job the list does not show, or of which it says less than a single poll would, is asked singly.
 */
export class ListPolls {
  readonly #context: ServerContext
  readonly #calls: PollCalls

  constructor (context: ServerContext, calls: PollCalls) {
    this.#context = context
    this.#calls = calls
  }

  /** Begins to ask. Answers with those polls of a batch that lists may serve, each with its decision to come; undefined then means that it is to be asked singly, its token taken. */
  async start (claimed: readonly ClaimedPoll[], claimedAt: number): Promise<Map<ClaimedPoll, Promise<PollDecision | undefined>>> {
    const accounts = Map.groupBy(claimed.filter(mayBeListed), accountOf)
    const groups = await Promise.all([...accounts.values()].map(polls => this.#open(polls, claimedAt)))
    return new Map(groups.flatMap(group => {
      if (!group) return []
      this.#serve(group).catch(error => group.fail(error))
      return [...group.answers]
    }))
  }

  async #open (polls: ClaimedPoll[], claimedAt: number): Promise<PollGroup | undefined> {
    const one = polls[0]!
    if (polls.length < LEAST_SERVED || this.#calls.trust.rests(one)) return undefined
    // A channel that cannot be opened is the single poll's to tell.
    const upstream = await this.#context.upstreams.forAttempt(one).catch(() => undefined)
    if (!upstream?.pollMany) return undefined
    this.#calls.trust.introduce(one)
    return new PollGroup(polls, claimedAt, upstream)
  }

  async #serve (group: PollGroup): Promise<void> {
    const release = await this.#calls.takeSlot(group.one.channel_id)
    if (!release) return this.#sendAway(group, group.left)
    try {
      group.checks = await this.#takeCheck(group)
      const { checks } = group
      await this.#readPages(group)
      // Its token is paid for. One whom lists do not show comes first, lest a rate never leaves a token for it.
      if (checks && group.neediest) group.settle(group.neediest, undefined)
    } catch (error) {
      if (!(error instanceof BreakerOpenError)) throw error
      return this.#sendAway(group, group.left)
    } finally {
      release()
    }
    const surplus = await this.#calls.limits.findSurplus(group.left)
    // Neighbours stay neighbours in the line: one page can serve them when they come again.
    this.#sendAway(group, group.left.filter(poll => surplus.has(poll)))
    for (const poll of group.left) group.settle(poll, undefined)
  }

  /** Takes a token for a single poll, when it is time to check the list by one. */
  async #takeCheck ({ one }: PollGroup): Promise<boolean> {
    const { limits, trust } = this.#calls
    if (!trust.isCheckDue(one, limits.of(one.channel_id).perSecond) || !await limits.take(one.channel_id)) return false
    trust.noteCheck(one)
    return true
  }

  #sendAway (group: PollGroup, polls: Iterable<ClaimedPoll>): void {
    for (const poll of polls) group.settle(poll, this.#calls.sendAway(poll))
  }

  async #readPages (group: PollGroup): Promise<void> {
    for (const cursor of this.#starts(group)) {
      if (group.unseen.length < LEAST_SERVED) return
      const outcome = await this.#walk(group, cursor)
      if (outcome) this.#calls.trust.note(group.one, outcome)
      if (outcome !== 'useful') return
    }
  }

  /** At the top of the list; where a rate may end the walk early, first where somebody has waited longest: else the newest would always be served, and the oldest never. */
  #starts (group: PollGroup): Array<string | undefined> {
    const { limits, trust } = this.#calls
    const top = group.madeAt(group.unseen[0]!) < trust.frontSince(group.one) ? group.jump() : undefined
    const { perSecond } = limits.of(group.one.channel_id)
    const needy = perSecond === undefined ? undefined : group.pageOfNeediest(POLLS_PER_LIST)
    return needy === undefined ? [top] : [needy, top]
  }

  /**
   * Page after page, as long as each is worth its call; one that is not is followed by a jump to where the newest job
   * not yet seen stands. Undefined: nothing was asked.
   */
  async #walk (group: PollGroup, start: string | undefined): Promise<ListOutcome | undefined> {
    let after = start
    let hasJumped = start !== undefined
    let outcome: ListOutcome | undefined
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      // A poor page alone says little: the jobs may be further down.
      if (!await this.#mayAsk(group)) return outcome === 'useful' ? outcome : undefined
      const askedAt = performance.now()
      const page = await this.#askPage(group, after)
      if (this.#calls.hardStop.aborted) return undefined
      if (page.state === 'unavailable') return await this.#countFailure(group, page, askedAt)

      const asked = group.unseen
      const served = await this.#take(group, page, askedAt)
      outcome = served > 0 ? 'useful' : outcome ?? 'useless'
      if (after === undefined) this.#noteFront(group, asked, page)
      const isPoor = served < LEAST_SERVED
      if (page.next === undefined || group.unseen.length < LEAST_SERVED || (isPoor && hasJumped)) return outcome
      after = isPoor ? group.jump() : page.next
      hasJumped = isPoor
    }
    return outcome
  }

  /** Remembers how far back the first page reaches, so that older jobs are looked for further down at once. */
  #noteFront (group: PollGroup, asked: ClaimedPoll[], { next }: ListedPage): void {
    const oldestSeen = asked.findLast(poll => !group.unseen.includes(poll))
    const since = oldestSeen ? group.madeAt(oldestSeen) : group.madeAt(asked[0]!) + CLAIM_JITTER_MS
    this.#calls.trust.noteFront(group.one, next === undefined ? -Infinity : since)
  }

  async #mayAsk ({ claimedAt, one }: PollGroup): Promise<boolean> {
    return performance.now() - claimedAt < PAGE_MS && await this.#calls.limits.take(one.channel_id)
  }

  async #askPage ({ upstream, one, unseen }: PollGroup, after: string | undefined): Promise<PolledPage> {
    const suspect = this.#calls.trust.suspectOf(one)
    const jobs = [...unseen.map(jobOf), ...suspect === undefined ? [] : [{ externalTaskId: suspect }]]
    for (const poll of unseen) failpoint('poll.before-ask', poll.task_id)
    try {
      return await upstream.pollMany!(jobs, AbortSignal.any([this.#calls.hardStop, AbortSignal.timeout(PAGE_MS)]), after)
    } catch (error) {
      if (error instanceof BreakerOpenError) throw error
      if (!this.#calls.hardStop.aborted) this.#context.log.error({ err: error, channelId: one.channel_id }, 'list poll failed')
      return { state: 'unavailable', failure: { class: 'unknown', message: 'the list could not be asked for' } }
    }
  }

  /** Answers with how many polls the page served. */
  async #take (group: PollGroup, { polls }: ListedPage, askedAt: number): Promise<number> {
    const { stats, trust } = this.#calls
    const tookMs = performance.now() - askedAt
    const shown = group.unseen.flatMap(poll => tell(poll, polls.get(poll.external_task_id)))
    for (const { poll } of shown) group.seen(poll)
    const lags = trust.lagsBehind(group.one, polls)
    const { enough = [], soon = [], ask = [] } = lags ? { ask: shown } : Object.groupBy(shown, ({ poll, reply }) => trust.judge(poll, reply))
    const checked = group.checks && enough.length > 0 ? enough.splice(Math.floor(Math.random() * enough.length), 1) : []
    if (checked.length > 0) group.checks = false
    for (const { poll, reply } of [...ask, ...checked]) trust.doubt(poll, reply)
    for (const { poll } of soon) group.settle(poll, putOff(poll, SOON_MS))
    stats.recordList(group.one.channel_id, tookMs, enough.length)
    await this.#settle(group, enough, askedAt)
    return shown.length - ask.length
  }

  /**
   * A provider that is away, or asks for less, is not asked a hundred times more: it counts as unavailable for all, and
   * their next looks are single ones. Any other answer that is no list only says that there is none: all are asked singly.
   */
  async #countFailure (group: PollGroup, reply: Unavailable, askedAt: number): Promise<ListOutcome> {
    this.#calls.stats.recordList(group.one.channel_id, performance.now() - askedAt, 0)
    if (isAway(reply.failure)) await this.#settle(group, group.left.map(poll => ({ poll, reply })), askedAt)
    return 'failed'
  }

  async #settle (group: PollGroup, told: Told[], askedAt: number): Promise<void> {
    const { claimedAt, upstream } = group
    await Promise.all(told.map(async ({ poll, reply }) => {
      failpoint('poll.after-ask', poll.task_id)
      this.#calls.stats.record(poll.channel_id, reply.state, poll.late_ms + askedAt - claimedAt)
      // A bug shows again, and is logged, when the job is asked after singly.
      group.settle(poll, await this.#calls.conclude(poll, claimedAt, upstream, reply).catch(() => undefined))
    }))
  }
}

type ListedPage = Extract<PolledPage, { state: 'listed' }>

interface Told { poll: ClaimedPoll, reply: PollResult }

function tell (poll: ClaimedPoll, reply: PollResult | undefined): Told[] {
  return reply ? [{ poll, reply }] : []
}

/** Jobs in doubt, and those that may be looked at for the last time, are asked singly. */
function mayBeListed (poll: ClaimedPoll): boolean {
  return isWorthPolling(poll) && !isOver(poll) && poll.missing === 0 && poll.deadline_in_ms > POLL_LEASE_MS
}

function isAway (failure: UpstreamFailure): boolean {
  return failure.class === 'rate_limit' || (failure.class === 'unavailable' && (failure.httpStatus ?? 500) >= 500)
}

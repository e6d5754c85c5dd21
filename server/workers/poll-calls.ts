import type { ServerContext } from '../context.ts'
import type { PollResult, Upstream, UpstreamJob } from '../upstreams/upstream.ts'
import { ChannelSlots } from './channel-slots.ts'
import { ListTrust } from './list-trust.ts'
import type { ClaimedPoll } from './poll-claims.ts'
import { decide, putOff, type PollDecision } from './poll-decision.ts'
import { PollLimits } from './poll-limits.ts'
import { PollStats } from './poll-stats.ts'

/** Calls under way at once, in all. */
const MAX_SLOTS = 1_500
/** A poll waits for its channel's slot at most this long; then it goes back into the queue. */
const SLOT_WAIT_MS = 2_000
/** Polls that one list can serve. */
export const POLLS_PER_LIST = 100
/** More come for each list than it can serve, so that it finds neighbours among them. */
const TURN_PER_LIST = 300

/** What the calls to upstreams share, whatever they ask: slots, rates, what is known of lists, figures, and what an answer leads to. */
export class PollCalls {
  readonly stats = new PollStats()
  readonly trust = new ListTrust()
  readonly limits: PollLimits
  readonly #context: ServerContext
  readonly #slots = new ChannelSlots({ total: MAX_SLOTS, waitMs: SLOT_WAIT_MS })
  readonly #hardStop = new AbortController()

  constructor (context: ServerContext) {
    this.#context = context
    this.limits = new PollLimits(context.db)
  }

  /** Ends every call. */
  get hardStop (): AbortSignal {
    return this.#hardStop.signal
  }

  close (): void {
    this.#slots.close()
    this.#hardStop.abort(new Error('The server is stopping'))
  }

  /** The same decision at the moment when its account's next polls meet. */
  meet (poll: ClaimedPoll, decision: PollDecision): PollDecision {
    return this.trust.meet(poll, decision, this.limits.of(poll.channel_id).perSecond)
  }

  /** A slot's release; undefined when the channel is left alone or none comes free soon. */
  async takeSlot (channelId: string): Promise<(() => void) | undefined> {
    if (this.#context.upstreams.pauseMs(channelId) > 0) return undefined
    return await this.#slots.take(channelId, this.limits.of(channelId).concurrency)
  }

  /** Back into the queue, at the end of its channel's line. */
  sendAway (poll: ClaimedPoll): PollDecision {
    const { concurrency, perSecond } = this.limits.of(poll.channel_id)
    const perCall = this.trust.serves(poll) ? TURN_PER_LIST : 1
    const turnMs = this.#slots.turnMs(poll.channel_id, concurrency, perSecond && perSecond * perCall)
    return putOff(poll, this.#context.upstreams.pauseMs(poll.channel_id) + turnMs)
  }

  /** What an answer means for its task. */
  async conclude (poll: ClaimedPoll, claimedAt: number, upstream: Upstream, reply: PollResult): Promise<PollDecision> {
    const { config, runTimes } = this.#context
    if (this.hardStop.aborted) return putOff(poll, 0)
    const hasContent = reply.state === 'completed' && upstream.content({ ...jobOf(poll), result: reply.result }, 'video') !== undefined
    const profile = await runTimes.find({ channelId: poll.channel_id, model: poll.model, duration: poll.duration })
    return decide({ ...config, minPollMs: upstream.capabilities.minPollMs, profile }, aged(poll, claimedAt), reply, hasContent)
  }
}

export function jobOf (poll: ClaimedPoll): UpstreamJob {
  return { externalTaskId: poll.external_task_id, handle: poll.handle, result: poll.result ?? undefined }
}

/** What was known when the poll was claimed, with the time it has been in hand taken off its deadline. */
export function aged (poll: ClaimedPoll, claimedAt: number): ClaimedPoll {
  return { ...poll, deadline_in_ms: poll.deadline_in_ms - (performance.now() - claimedAt) }
}

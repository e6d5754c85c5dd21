import { BreakerOpenError } from '../channels/breakers.ts'
import type { ServerContext } from '../context.ts'
import { failpoint } from '../failpoints.ts'
import type { PollResult } from '../upstreams/upstream.ts'
import { aged, jobOf, type PollCalls } from './poll-calls.ts'
import { POLL_LEASE_MS, type ClaimedPoll } from './poll-claims.ts'
import { decide, isOver, isWorthPolling, putOff, type PollDecision } from './poll-decision.ts'

/** A look that the deadline overtakes may take this much longer: the upstream's last chance to say that it is done. */
const LAST_LOOK_MS = 5_000

/** Asks an upstream about one job, on a slot of its own. */
export class SinglePolls {
  readonly #context: ServerContext
  readonly #calls: PollCalls

  constructor (context: ServerContext, calls: PollCalls) {
    this.#context = context
    this.#calls = calls
  }

  async ask (poll: ClaimedPoll, claimedAt: number): Promise<PollDecision> {
    if (!isWorthPolling(poll)) return { kind: 'stop' }
    const release = await this.#calls.takeSlot(poll.channel_id)
    if (!release) return this.#calls.sendAway(poll)
    try {
      // The lease must outlast the call, or another process may ask beside this one.
      if (performance.now() - claimedAt > POLL_LEASE_MS / 2) return putOff(poll, 100)
      return await this.#askUpstream(poll, claimedAt)
    } finally {
      release()
    }
  }

  async #askUpstream (poll: ClaimedPoll, claimedAt: number): Promise<PollDecision> {
    const { upstreams, config, log } = this.#context
    const { stats } = this.#calls
    try {
      const upstream = await upstreams.forAttempt(poll)
      const askedAt = performance.now()
      failpoint('poll.before-ask', poll.task_id)
      const reply = await this.#withinDeadline(poll, claimedAt, signal => upstream.poll(jobOf(poll), signal))
      failpoint('poll.after-ask', poll.task_id)
      stats.record(poll.channel_id, reply.state, poll.late_ms + askedAt - claimedAt)
      stats.recordCall(poll.channel_id, performance.now() - askedAt)
      this.#calls.trust.heard(poll, reply)
      return await this.#calls.conclude(poll, claimedAt, upstream, reply)
    } catch (error) {
      if (error instanceof BreakerOpenError) return this.#calls.sendAway(poll)
      // A bug in an adapter, or a channel that cannot be opened, says nothing about the job.
      log.error({ err: error, videoId: poll.task_id, channelId: poll.channel_id }, 'poll failed')
      const failure = { class: 'unavailable' as const, message: 'the upstream could not be asked' }
      return decide({ ...config, minPollMs: 0 }, aged(poll, claimedAt), { state: 'unavailable', failure }, false)
    }
  }

  /** Gives a look up when the task's deadline has passed meanwhile. */
  async #withinDeadline (poll: ClaimedPoll, claimedAt: number, look: (signal: AbortSignal) => Promise<PollResult>): Promise<PollResult> {
    const { hardStop } = this.#calls
    const leftMs = aged(poll, claimedAt).deadline_in_ms
    // A task that is over is looked after without haste; and few are near their deadline, so few need a timer of their own.
    if (leftMs > POLL_LEASE_MS || isOver(poll)) return await look(hardStop)
    const outOfTime = AbortSignal.timeout(Math.max(leftMs, 0) + LAST_LOOK_MS)
    try {
      return await look(AbortSignal.any([hardStop, outOfTime]))
    } catch (error) {
      if (!outOfTime.aborted || hardStop.aborted) throw error
      return { state: 'unavailable', failure: { class: 'unavailable', message: 'the upstream did not answer by the deadline' } }
    }
  }
}

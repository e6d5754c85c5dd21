import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from 'pg-boss'
import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import type { PollResult } from '../upstreams/upstream.ts'
import { logTransition } from '../tasks/transitions.ts'
import { BreakerOpenError } from '../channels/breakers.ts'
import { failpoint } from '../failpoints.ts'
import { ChannelSlots } from './channel-slots.ts'
import { claimPolls, POLL_LEASE_MS, type ClaimedPoll } from './poll-claims.ts'
import { commitPolls, type PollOutcome } from './poll-commits.ts'
import { decide, isOver, isWorthPolling, putOff, type PollDecision } from './poll-decision.ts'
import { GroupCommit } from './group-commit.ts'
import { PollLimits } from './poll-limits.ts'
import { PollStats } from './poll-stats.ts'
import { POLL_TASK, type TaskJob } from '../queues/queues.ts'

const BATCH = 500
/** Polls fetched and not yet committed, in all. Bounds memory and what a crash leaves to the sweeper. */
const MAX_IN_HAND = 2_000
/** With nothing due, how long until the next look … */
const IDLE_MS = 200
/** … and while polls keep coming. */
const BUSY_MS = 50
/** After an error of the database. */
const ERROR_PAUSE_MS = 1_000
/** Calls under way at once, in all. */
const MAX_SLOTS = 1_500
/** A poll waits for its channel's slot at most this long; then it goes back into the queue. */
const SLOT_WAIT_MS = 2_000
/** A look that the deadline overtakes may take this much longer: the upstream's last chance to say that it is done. */
const LAST_LOOK_MS = 5_000
/** SIGTERM gives running polls this long to finish. */
const STOP_GRACE_MS = 8_000

/**
 * Polls everything that is due: fetches jobs in batches, claims their rows, asks each upstream on its own slot and
 * commits the results in groups. It drives `boss.fetch()` itself, because `work()` holds its slot until the slowest
 * job of a batch is done.
 */
export class PollEngine {
  readonly stats = new PollStats()
  readonly #context: ServerContext
  readonly #onChanged: (tasks: Task[]) => void
  readonly #slots = new ChannelSlots({ total: MAX_SLOTS, waitMs: SLOT_WAIT_MS })
  readonly #limits: PollLimits
  readonly #commits: GroupCommit<PollOutcome>
  readonly #stopping = new AbortController()
  readonly #hardStop = new AbortController()
  readonly #polls = new Set<Promise<void>>()
  #loop: Promise<void> | undefined

  constructor (context: ServerContext, onChanged: (tasks: Task[]) => void) {
    this.#context = context
    this.#limits = new PollLimits(context.db)
    this.#onChanged = onChanged
    this.#commits = new GroupCommit(outcomes => this.#commit(outcomes))
  }

  get inHand (): number {
    return this.#polls.size
  }

  get running (): boolean {
    return this.#loop !== undefined && !this.#stopping.signal.aborted
  }

  start (): void {
    this.#loop = this.#run()
  }

  /** Fetches nothing more, lets running polls finish for a while, puts the rest back. */
  async stop (): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    const settled = Promise.allSettled(this.#polls)
    await Promise.race([settled, sleep(STOP_GRACE_MS, undefined, { ref: false })])
    this.#slots.close()
    this.#hardStop.abort(new Error('The server is stopping'))
    await settled
    await this.#commits.close()
  }

  async #run (): Promise<void> {
    const { log } = this.#context
    while (!this.#stopping.signal.aborted) {
      try {
        const fetched = await this.#fetchAndStart()
        if (fetched < BATCH) await this.#pause(fetched > 0 ? BUSY_MS : IDLE_MS)
      } catch (error) {
        log.error({ err: error }, 'polls could not be fetched, trying again')
        await this.#pause(ERROR_PAUSE_MS)
      }
    }
  }

  async #fetchAndStart (): Promise<number> {
    const room = Math.min(BATCH, MAX_IN_HAND - this.#polls.size)
    if (room <= 0) return 0
    const jobs = await this.#context.boss.fetch<TaskJob>(POLL_TASK, { batchSize: room })
    if (jobs.length > 0) await this.#startPolls(jobs)
    return jobs.length
  }

  async #startPolls (jobs: Job<TaskJob>[]): Promise<void> {
    failpoint('poll.after-fetch')
    const claimedAt = performance.now()
    const claimed = await claimPolls(this.#context.db, jobs.map(job => job.data))
    for (const poll of claimed) failpoint('poll.after-claim', poll.task_id)
    const surplus = await this.#limits.findSurplus(claimed)
    const byTask = new Map(claimed.map(poll => [`${poll.task_id} ${poll.attempt}`, poll]))
    const idle: string[] = []
    for (const { id, data } of jobs) {
      const poll = byTask.get(`${data.taskId} ${data.attempt}`)
      // Two jobs for one row in a batch: the first takes it along.
      byTask.delete(`${data.taskId} ${data.attempt}`)
      if (!poll) idle.push(id)
      else if (surplus.has(poll)) this.#track(this.#commits.add({ poll, decision: this.#sendAway(poll), jobId: id }))
      else this.#track(this.#poll(poll, id, claimedAt))
    }
    // Not claimed: not due, or in another hand, and that hand schedules the next.
    if (idle.length > 0) await this.#context.boss.deleteJob(POLL_TASK, idle)
  }

  #track (poll: Promise<void>): void {
    this.#polls.add(poll)
    poll.catch(error => this.#context.log.error({ err: error }, 'poll was not recorded, the sweeper will repeat it'))
      .finally(() => this.#polls.delete(poll))
  }

  async #poll (poll: ClaimedPoll, jobId: string, claimedAt: number): Promise<void> {
    const decision = await this.#ask(poll, claimedAt)
    await this.#commits.add({ poll, decision, jobId })
  }

  async #ask (poll: ClaimedPoll, claimedAt: number): Promise<PollDecision> {
    if (!isWorthPolling(poll)) return { kind: 'stop' }
    if (this.#context.upstreams.pauseMs(poll.channel_id) > 0) return this.#sendAway(poll)
    const release = await this.#slots.take(poll.channel_id, this.#limits.of(poll.channel_id).concurrency)
    if (!release) return this.#sendAway(poll)
    try {
      // The lease must outlast the call, or another process may ask beside this one.
      if (performance.now() - claimedAt > POLL_LEASE_MS / 2) return putOff(poll, 100)
      return await this.#askUpstream(poll, claimedAt)
    } finally {
      release()
    }
  }

  /** Back into the queue, at the end of its channel's line. */
  #sendAway (poll: ClaimedPoll): PollDecision {
    const { concurrency, perSecond } = this.#limits.of(poll.channel_id)
    const turnMs = this.#slots.turnMs(poll.channel_id, concurrency, perSecond)
    return putOff(poll, this.#context.upstreams.pauseMs(poll.channel_id) + turnMs)
  }

  async #askUpstream (poll: ClaimedPoll, claimedAt: number): Promise<PollDecision> {
    const { upstreams, config, log, runTimes } = this.#context
    try {
      const upstream = await upstreams.forAttempt(poll)
      const job = { externalTaskId: poll.external_task_id, handle: poll.handle, result: poll.result ?? undefined }
      const askedAt = performance.now()
      failpoint('poll.before-ask', poll.task_id)
      const reply = await this.#withinDeadline(poll, claimedAt, signal => upstream.poll(job, signal))
      failpoint('poll.after-ask', poll.task_id)
      this.stats.record(poll.channel_id, reply.state, poll.late_ms + askedAt - claimedAt, performance.now() - askedAt)
      if (this.#hardStop.signal.aborted) return putOff(poll, 0)
      const hasContent = reply.state === 'completed' && upstream.content({ ...job, result: reply.result }, 'video') !== undefined
      const profile = await runTimes.find({ channelId: poll.channel_id, model: poll.model, duration: poll.duration })
      return decide({ ...config, minPollMs: upstream.capabilities.minPollMs, profile }, aged(poll, claimedAt), reply, hasContent)
    } catch (error) {
      if (error instanceof BreakerOpenError) return this.#sendAway(poll)
      // A bug in an adapter, or a channel that cannot be opened, says nothing about the job.
      log.error({ err: error, videoId: poll.task_id, channelId: poll.channel_id }, 'poll failed')
      const failure = { class: 'unavailable' as const, message: 'the upstream could not be asked' }
      return decide({ ...config, minPollMs: 0 }, aged(poll, claimedAt), { state: 'unavailable', failure }, false)
    }
  }

  /** Gives a look up when the task's deadline has passed meanwhile. */
  async #withinDeadline (poll: ClaimedPoll, claimedAt: number, look: (signal: AbortSignal) => Promise<PollResult>): Promise<PollResult> {
    const leftMs = aged(poll, claimedAt).deadline_in_ms
    // A task that is over is looked after without haste; and few are near their deadline, so few need a timer of their own.
    if (leftMs > POLL_LEASE_MS || isOver(poll)) return await look(this.#hardStop.signal)
    const outOfTime = AbortSignal.timeout(Math.max(leftMs, 0) + LAST_LOOK_MS)
    try {
      return await look(AbortSignal.any([this.#hardStop.signal, outOfTime]))
    } catch (error) {
      if (!outOfTime.aborted || this.#hardStop.signal.aborted) throw error
      return { state: 'unavailable', failure: { class: 'unavailable', message: 'the upstream did not answer by the deadline' } }
    }
  }

  async #commit (outcomes: PollOutcome[]): Promise<void> {
    for (const { poll } of outcomes) failpoint('poll.before-commit', poll.task_id)
    const changed = await commitPolls(this.#context, outcomes)
    for (const { poll } of outcomes) failpoint('poll.after-commit', poll.task_id)
    this.#context.feed.wake()
    for (const task of changed) logTransition(this.#context.log, task)
    if (changed.length > 0) this.#onChanged(changed)
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

/** What was known when the poll was claimed, with the time it has been in hand taken off its deadline. */
function aged (poll: ClaimedPoll, claimedAt: number): ClaimedPoll {
  return { ...poll, deadline_in_ms: poll.deadline_in_ms - (performance.now() - claimedAt) }
}

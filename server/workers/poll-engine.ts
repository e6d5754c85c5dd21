import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from 'pg-boss'
import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import { logTransition } from '../tasks/transitions.ts'
import { ChannelSlots } from './channel-slots.ts'
import { claimPolls, POLL_LEASE_MS, type ClaimedPoll } from './poll-claims.ts'
import { commitPolls, type PollOutcome } from './poll-commits.ts'
import { decide, isWorthPolling, putOff, type PollDecision } from './poll-decision.ts'
import { GroupCommit } from './group-commit.ts'
import { PollStats } from './poll-stats.ts'
import { POLL_TASK, type TaskJob } from './queues.ts'

const BATCH = 500
/** Polls fetched and not yet committed, in all. Bounds memory and what a crash leaves to the sweeper. */
const MAX_IN_HAND = 2_000
/** With nothing due, how long until the next look … */
const IDLE_MS = 200
/** … and while polls keep coming. */
const BUSY_MS = 50
/** After an error of the database. */
const ERROR_PAUSE_MS = 1_000
/** A poll waits for its channel's slot at most this long; then it goes back into the queue. */
const SLOT_WAIT_MS = 15_000
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
  readonly #slots = new ChannelSlots()
  readonly #commits: GroupCommit<PollOutcome>
  readonly #stopping = new AbortController()
  readonly #hardStop = new AbortController()
  readonly #polls = new Set<Promise<void>>()
  #loop: Promise<void> | undefined

  constructor (context: ServerContext, onChanged: (tasks: Task[]) => void) {
    this.#context = context
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
    const claimedAt = performance.now()
    const claimed = await claimPolls(this.#context.db, jobs.map(job => job.data))
    const byTask = new Map(claimed.map(poll => [`${poll.task_id} ${poll.attempt}`, poll]))
    const idle: string[] = []
    for (const job of jobs) {
      const poll = byTask.get(`${job.data.taskId} ${job.data.attempt}`)
      // Two jobs for one row in a batch: the first takes it along.
      byTask.delete(`${job.data.taskId} ${job.data.attempt}`)
      if (poll) this.#track(this.#poll(poll, job.id, claimedAt))
      else idle.push(job.id)
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
    const release = await this.#slots.take(poll.channel_id, SLOT_WAIT_MS)
    if (!release) return putOff(poll, 1_000 + Math.random() * 4_000)
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
    try {
      const upstream = await upstreams.forAttempt(poll)
      const job = { externalTaskId: poll.external_task_id, handle: poll.handle, result: poll.result ?? undefined }
      const askedAt = performance.now()
      const reply = await upstream.poll(job, this.#hardStop.signal)
      this.stats.record(poll.channel_id, reply.state, poll.late_ms + askedAt - claimedAt, performance.now() - askedAt)
      if (this.#hardStop.signal.aborted) return putOff(poll, 0)
      const hasContent = reply.state === 'completed' && upstream.content({ ...job, result: reply.result }, 'video') !== undefined
      return decide({ ...config, minPollMs: upstream.capabilities.minPollMs }, poll, reply, hasContent)
    } catch (error) {
      // A bug in an adapter, or a channel that cannot be opened, says nothing about the job.
      log.error({ err: error, videoId: poll.task_id, channelId: poll.channel_id }, 'poll failed')
      const failure = { class: 'unavailable' as const, message: 'the upstream could not be asked' }
      return decide({ ...config, minPollMs: 0 }, poll, { state: 'unavailable', failure }, false)
    }
  }

  async #commit (outcomes: PollOutcome[]): Promise<void> {
    const changed = await commitPolls(this.#context, outcomes)
    this.#context.feed.wake()
    for (const task of changed) logTransition(this.#context.log, task)
    if (changed.length > 0) this.#onChanged(changed)
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

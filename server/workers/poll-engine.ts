import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import { logTransition } from '../tasks/transitions.ts'
import { failpoint } from '../failpoints.ts'
import { ListPolls } from './list-polls.ts'
import { PollCalls } from './poll-calls.ts'
import { claimPolls, type ClaimedPoll } from './poll-claims.ts'
import { commitPolls, type PollOutcome } from './poll-commits.ts'
import { GroupCommit } from './group-commit.ts'
import type { PollDecision } from './poll-decision.ts'
import type { PollStats } from './poll-stats.ts'
import type { ProcessRegistry } from './process-registry.ts'
import { SinglePolls } from './single-polls.ts'
import { takePollJobs, type TaskJob } from '../queues/queues.ts'

const BATCH = 500
/** Polls fetched and not yet committed, in all. Bounds memory and what a crash leaves to the sweeper. */
const MAX_IN_HAND = 2_000
/** With nothing due, how long until the next look … */
const IDLE_MS = 200
/** … and while polls keep coming. */
const BUSY_MS = 50
/** After an error of the database. */
const ERROR_PAUSE_MS = 1_000
/** SIGTERM gives running polls this long to finish. */
const STOP_GRACE_MS = 8_000

/** What is known already, or will be told by a list. */
type Answer = PollDecision | Promise<PollDecision | undefined> | undefined

/**
 * Polls everything that is due: takes jobs in batches, claims their rows, asks each upstream on its own slot and
 * commits the results in groups. It takes its jobs itself, because `boss.work()` holds its slot until the slowest job of
 * a batch is done.
 */
export class PollEngine {
  readonly #context: ServerContext
  readonly #onChanged: (tasks: Task[]) => void
  readonly #onFinished: (jobs: TaskJob[]) => void
  readonly #registry: Pick<ProcessRegistry, 'id'> | undefined
  readonly #calls: PollCalls
  readonly #single: SinglePolls
  readonly #lists: ListPolls
  readonly #commits: GroupCommit<PollOutcome>
  readonly #stopping = new AbortController()
  readonly #polls = new Set<Promise<void>>()
  #loop: Promise<void> | undefined
  #abandoned = false

  /**
   * `onFinished` hears of attempts whose upstream has finished: their videos are to be copied. With a registry,
   * whatever is in hand when this process dies is found again at once.
   */
  constructor (context: ServerContext, onChanged: (tasks: Task[]) => void, onFinished: (jobs: TaskJob[]) => void, registry?: Pick<ProcessRegistry, 'id'>) {
    this.#context = context
    this.#registry = registry
    this.#calls = new PollCalls(context)
    this.#single = new SinglePolls(context, this.#calls)
    this.#lists = new ListPolls(context, this.#calls)
    this.#onChanged = onChanged
    this.#onFinished = onFinished
    this.#commits = new GroupCommit(outcomes => this.#commit(outcomes))
  }

  get stats (): PollStats {
    return this.#calls.stats
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
    if (this.#abandoned) return
    this.#stopping.abort()
    const timeUp = sleep(STOP_GRACE_MS, undefined, { ref: false })
    await this.#loop
    const settled = Promise.allSettled(this.#polls)
    await Promise.race([settled, timeUp])
    this.#calls.close()
    await settled
    await this.#commits.close()
  }

  /** Polls these and waits for all of them. For a process that does nothing else. */
  async pollSuspects (jobs: TaskJob[]): Promise<void> {
    const claimedAt = performance.now()
    const claimed = await this.#claim(jobs, true)
    const surplus = await this.#calls.limits.findSurplus(claimed)
    for (const poll of claimed) this.#startPoll(poll, surplus.has(poll) ? this.#calls.sendAway(poll) : undefined, claimedAt)
    await Promise.allSettled(this.#polls)
  }

  /** The process goes down with an error that nobody caught: what is in hand stays in hand, for those who look for what did it. */
  abandon (): void {
    this.#stopping.abort()
    this.#abandoned = true
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
    const jobs = await takePollJobs(this.#context.db, room)
    if (jobs.length > 0) await this.#startPolls(jobs)
    return jobs.length
  }

  /** What is not claimed is not due, or in another hand, and that hand schedules the next. */
  async #startPolls (jobs: TaskJob[]): Promise<void> {
    failpoint('poll.after-fetch')
    const claimedAt = performance.now()
    const claimed = await this.#claim(jobs, false)
    const listed = await this.#lists.start(claimed, claimedAt)
    const surplus = await this.#calls.limits.findSurplus(claimed.filter(poll => !listed.has(poll)))
    for (const poll of claimed) this.#startPoll(poll, surplus.has(poll) ? this.#calls.sendAway(poll) : listed.get(poll), claimedAt)
  }

  async #claim (jobs: TaskJob[], suspects: boolean): Promise<ClaimedPoll[]> {
    const claimed = await claimPolls(this.#context.db, jobs, { owner: this.#registry?.id, suspects })
    for (const poll of claimed) failpoint('poll.after-claim', poll.task_id)
    return claimed
  }

  /** Without an answer the upstream is asked. */
  #startPoll (poll: ClaimedPoll, answer: Answer, claimedAt: number): void {
    const recorded = this.#poll(poll, answer, claimedAt)
    this.#polls.add(recorded)
    recorded.catch(error => this.#context.log.error({ err: error }, 'poll was not recorded, the sweeper will repeat it'))
      .finally(() => this.#polls.delete(recorded))
  }

  async #poll (poll: ClaimedPoll, answer: Answer, claimedAt: number): Promise<void> {
    const decision = await answer ?? await this.#single.ask(poll, claimedAt)
    await this.#commits.add({ poll, decision: this.#calls.meet(poll, decision) })
  }

  async #commit (outcomes: PollOutcome[]): Promise<void> {
    if (this.#abandoned) throw new Error('This process goes down')
    for (const { poll } of outcomes) failpoint('poll.before-commit', poll.task_id)
    const { changed, finished } = await commitPolls(this.#context, outcomes)
    for (const { poll } of outcomes) failpoint('poll.after-commit', poll.task_id)
    this.#context.feed.wake()
    for (const task of changed) logTransition(this.#context.log, task)
    if (changed.length > 0) this.#onChanged(changed)
    if (finished.length > 0) this.#onFinished(finished)
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

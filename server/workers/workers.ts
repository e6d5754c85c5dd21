import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import { confirmSubmission } from '../tasks/confirm-submission.ts'
import { isActive } from '../tasks/statuses.ts'
import type { Submissions } from '../tasks/submissions.ts'
import { PollEngine } from './poll-engine.ts'
import type { PollStats } from './poll-stats.ts'
import { CONFIRM_TASK, PRUNE, SUBMIT_TASK, SWEEP, type TaskJob } from './queues.ts'
import { prune } from './prune.ts'
import { sweep } from './sweep.ts'

/** Submissions left over from other processes, taken up at once by this one. */
const SUBMIT_CONCURRENCY = 16
const CONFIRM_CONCURRENCY = 4

/** The working half of a process: what the queues hold is done here. */
export class Workers {
  readonly #context: ServerContext
  readonly #submissions: Submissions
  readonly #engine: PollEngine

  constructor (context: ServerContext, submissions: Submissions) {
    this.#context = context
    this.#submissions = submissions
    this.#engine = new PollEngine(context, tasks => this.#fillFreedPlaces(tasks))
  }

  get running (): boolean {
    return this.#engine.running
  }

  get pollStats (): PollStats {
    return this.#engine.stats
  }

  async start (): Promise<void> {
    const { boss } = this.#context
    await boss.work<TaskJob>(SUBMIT_TASK, { localConcurrency: SUBMIT_CONCURRENCY, pollingIntervalSeconds: 1 }, async ([job]) => {
      await this.#submissions.submit(job!.data)
    })
    await boss.work<TaskJob>(CONFIRM_TASK, { localConcurrency: CONFIRM_CONCURRENCY, pollingIntervalSeconds: 1 }, async ([job]) => {
      await confirmSubmission(this.#context, job!.data, job!.signal)
    })
    await boss.work(SWEEP, { pollingIntervalSeconds: 1 }, () => sweep(this.#context, this.#submissions))
    await boss.work(PRUNE, () => prune(this.#context))
    await boss.schedule(PRUNE, '17 * * * *')
    // The sweep reschedules itself; the schedule starts it, and again should its chain ever break.
    await boss.schedule(SWEEP, '* * * * *', {}, { singletonKey: SWEEP })
    await boss.send(SWEEP, {}, { singletonKey: SWEEP })
    this.#engine.start()
  }

  /** A task that ended made room on its channel. */
  #fillFreedPlaces (tasks: Task[]): void {
    const channels = new Set(tasks.filter(task => !isActive(task.status)).map(task => task.channel_id))
    for (const id of channels) {
      this.#submissions.fillFreePlaces(id).catch(error => this.#context.log.warn({ err: error, channelId: id }, 'freed places stay empty until the next sweep'))
    }
  }

  /** Takes nothing new, finishes or returns what is in hand. */
  async stop (): Promise<void> {
    const { boss } = this.#context
    await Promise.all([boss.offWork(SUBMIT_TASK, { wait: false }), boss.offWork(CONFIRM_TASK, { wait: false }), boss.offWork(SWEEP, { wait: false }), boss.offWork(PRUNE, { wait: false }), this.#engine.stop()])
  }
}

import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import { makePreviews } from '../media/previews.ts'
import { confirmSubmission } from '../tasks/confirm-submission.ts'
import { isActive } from '../tasks/statuses.ts'
import type { Submissions } from '../tasks/submissions.ts'
import { buryProcess } from './dead-processes.ts'
import type { IsolatedSettings } from './isolated-process.ts'
import { Isolation } from './isolation.ts'
import { PollEngine } from './poll-engine.ts'
import type { PollStats } from './poll-stats.ts'
import { CONFIRM_TASK, MAKE_PREVIEWS, PRUNE, SAVE_VIDEO, SUBMIT_TASK, SWEEP, type TaskJob } from '../queues/queues.ts'
import { ProcessRegistry } from './process-registry.ts'
import { prune } from './prune.ts'
import { sweep } from './sweep.ts'
import { VideoSaver } from './video-saver.ts'

/** Two fetch loops, so that one slow upstream does not hold up the rest; many at once after an outage. */
const TASK_JOBS = { localConcurrency: 2, batchSize: 10, burstWhenBatchFull: true, pollingIntervalSeconds: 1 } as const

/** The working half of a process: what the queues hold is done here. */
export class Workers {
  readonly #context: ServerContext
  readonly #submissions: Submissions
  readonly #registry: ProcessRegistry
  readonly #engine: PollEngine
  readonly #isolation: Isolation
  readonly #saver: VideoSaver
  #crashing = false

  constructor (context: ServerContext, submissions: Submissions, settings: IsolatedSettings) {
    this.#context = context
    this.#submissions = submissions
    this.#registry = new ProcessRegistry(settings.databaseUrl, context.db, context.log, id => buryProcess(context, id))
    this.#saver = new VideoSaver(context, task => this.#fillFreedPlaces([task]))
    this.#engine = new PollEngine(context, tasks => this.#fillFreedPlaces(tasks), jobs => this.#saver.offer(jobs), this.#registry)
    this.#isolation = new Isolation(context, this.#registry, this.#engine.stats, settings)
  }

  get running (): boolean {
    return this.#engine.running
  }

  get pollStats (): PollStats {
    return this.#engine.stats
  }

  async start (): Promise<void> {
    const { boss } = this.#context
    await this.#registry.start()
    await boss.work<TaskJob>(SUBMIT_TASK, TASK_JOBS, async jobs => {
      await Promise.all(jobs.map(job => this.#submissions.submit(job.data)))
    })
    await boss.work<TaskJob>(CONFIRM_TASK, TASK_JOBS, async jobs => {
      await Promise.all(jobs.map(job => confirmSubmission(this.#context, job.data, job.signal)))
    })
    await boss.work<TaskJob>(SAVE_VIDEO, { localConcurrency: 2, pollingIntervalSeconds: 1 }, async jobs => {
      for (const job of jobs) await this.#saver.run(job.data)
    })
    if (this.#context.previews) await boss.work<TaskJob>(MAKE_PREVIEWS, { pollingIntervalSeconds: 1 }, ([job]) => makePreviews(this.#context, job!.data.taskId, job!.signal))
    await boss.work(SWEEP, { pollingIntervalSeconds: 1 }, () => sweep(this.#context, this.#submissions))
    await boss.work(PRUNE, () => prune(this.#context))
    await boss.schedule(PRUNE, '17 * * * *')
    // The sweep reschedules itself; the schedule starts it, and again should its chain ever break.
    await boss.schedule(SWEEP, '* * * * *', {}, { singletonKey: SWEEP })
    await boss.send(SWEEP, {}, { singletonKey: SWEEP })
    this.#engine.start()
    this.#isolation.start()
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
    const { boss, log } = this.#context
    const lost = (error: unknown) => log.warn({ err: error }, 'others will take this stop for a crash, which costs a moment and no more')
    // Beside the rest: a database that hangs must not keep the others waiting.
    const marked = this.#crashing ? undefined : this.#registry.markStopping().catch(lost)
    await Promise.all([marked, boss.offWork(SUBMIT_TASK, { wait: false }), boss.offWork(CONFIRM_TASK, { wait: false }), boss.offWork(SAVE_VIDEO, { wait: false }), boss.offWork(MAKE_PREVIEWS, { wait: false }), boss.offWork(SWEEP, { wait: false }), boss.offWork(PRUNE, { wait: false }), this.#engine.stop(), this.#isolation.stop(), this.#saver.stop()])
    await (this.#crashing ? this.#registry.abandon() : this.#registry.close().catch(lost))
  }

  /** After an error that nobody caught. Call it before stop(): the polls in hand are then left to those who look for what did it. */
  crash (): void {
    this.#crashing = true
    this.#engine.abandon()
  }
}

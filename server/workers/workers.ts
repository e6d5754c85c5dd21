import type { ServerContext } from '../context.ts'
import type { Submissions } from '../tasks/submissions.ts'
import { PollEngine } from './poll-engine.ts'
import { SUBMIT_TASK, SWEEP, type TaskJob } from './queues.ts'
import { sweep } from './sweep.ts'

/** Submissions left over from other processes, taken up at once by this one. */
const SUBMIT_CONCURRENCY = 16

/** The working half of a process: what the queues hold is done here. */
export class Workers {
  readonly #context: ServerContext
  readonly #submissions: Submissions
  readonly #engine: PollEngine

  constructor (context: ServerContext, submissions: Submissions) {
    this.#context = context
    this.#submissions = submissions
    this.#engine = new PollEngine(context)
  }

  get running (): boolean {
    return this.#engine.running
  }

  async start (): Promise<void> {
    const { boss } = this.#context
    await boss.work<TaskJob>(SUBMIT_TASK, { localConcurrency: SUBMIT_CONCURRENCY, pollingIntervalSeconds: 1 }, async ([job]) => {
      await this.#submissions.submit(job!.data)
    })
    await boss.work(SWEEP, { pollingIntervalSeconds: 1 }, () => sweep(this.#context))
    // The sweep reschedules itself; the schedule starts it, and again should its chain ever break.
    await boss.schedule(SWEEP, '* * * * *', {}, { singletonKey: SWEEP })
    await boss.send(SWEEP, {}, { singletonKey: SWEEP })
    this.#engine.start()
  }

  /** Takes nothing new, finishes or returns what is in hand. */
  async stop (): Promise<void> {
    const { boss } = this.#context
    await Promise.all([boss.offWork(SUBMIT_TASK, { wait: false }), boss.offWork(SWEEP, { wait: false }), this.#engine.stop()])
  }
}

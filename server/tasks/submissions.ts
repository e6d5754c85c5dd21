import type { ServerContext } from '../context.ts'
import type { TaskJob } from '../queues/queues.ts'
import { listWaiting } from '../channels/submission-slots.ts'
import { submitTask, type SubmissionVerdict } from './submit-task.ts'

/** SIGTERM waits this long for submissions in flight (DESIGN §4.1). */
const CLOSE_WAIT_MS = 12_000
/** Started in one go when a channel has room. */
const WAITING_PER_CHANNEL = 16

/** The submissions this process has in flight. They belong to the process and not to a request: a client that goes away changes nothing. */
export class Submissions {
  readonly #context: ServerContext
  readonly #inFlight = new Set<Promise<SubmissionVerdict>>()
  readonly #abort = new AbortController()
  #closing = false

  constructor (context: ServerContext) {
    this.#context = context
  }

  /** Submits now; while closing it does nothing and the job of the attempt is left to another process. */
  submit (job: TaskJob): Promise<SubmissionVerdict> {
    if (this.#closing) return Promise.resolve({ verdict: 'open' })
    const submission = this.#run(job)
    this.#inFlight.add(submission)
    submission.finally(() => this.#inFlight.delete(submission)).catch(() => {})
    return submission
  }

  /** From channel to channel, until one took it, refused it, or has it wait. Stopped between two, its job goes on with it elsewhere. */
  async #run (job: TaskJob): Promise<SubmissionVerdict> {
    let verdict = await submitTask(this.#context, job, this.#abort.signal)
    while (verdict.verdict === 'moved') {
      if (this.#closing) return { verdict: 'open' }
      verdict = await submitTask(this.#context, verdict.next, this.#abort.signal)
    }
    return verdict
  }

  /** Submits and waits at most `waitMs`; `open` when it is not settled by then. The submission goes on. */
  async submitWithin (job: TaskJob, waitMs: number): Promise<SubmissionVerdict> {
    const submission = this.submit(job)
    submission.catch(error => this.#context.log.error({ err: error, videoId: job.taskId }, 'submission failed, its job will try again'))
    const { promise: timeUp, resolve } = Promise.withResolvers<SubmissionVerdict>()
    const timer = setTimeout(resolve, waitMs, { verdict: 'open' })
    try {
      return await Promise.race([submission.catch(() => ({ verdict: 'open' as const })), timeUp])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Starts what waits for room on channels with limits, oldest first; on one channel, or on all. What finds no room waits on. */
  async fillFreePlaces (channelId?: string): Promise<void> {
    const waiting = await listWaiting(this.#context.db, WAITING_PER_CHANNEL, channelId)
    for (const job of waiting) {
      this.submit(job).catch(error => this.#context.log.error({ err: error, videoId: job.taskId }, 'submission failed, its job will try again'))
    }
  }

  async close (): Promise<void> {
    this.#closing = true
    const timer = setTimeout(() => this.#abort.abort(new Error('The server is stopping')), CLOSE_WAIT_MS)
    await Promise.allSettled(this.#inFlight)
    clearTimeout(timer)
  }
}

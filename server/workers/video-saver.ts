import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import type { TaskJob } from '../queues/queues.ts'
import { saveVideo } from '../tasks/save-video.ts'

/** Copies under way at once. More share the same line and the same disk. */
const AT_ONCE = 6
/** SIGTERM gives copies this long; what is not done by then begins anew in another process. */
const STOP_GRACE_MS = 5_000

/** Copies finished videos: at once where the process that saw them finished has room, else by their job. */
export class VideoSaver {
  readonly #context: ServerContext
  readonly #onEnded: (task: Task) => void
  readonly #copies = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  #stopping = false

  constructor (context: ServerContext, onEnded: (task: Task) => void) {
    this.#context = context
    this.#onEnded = onEnded
  }

  get underWay (): number {
    return this.#copies.size
  }

  /** Begins now if there is room. What finds none is left to its job. */
  offer (jobs: readonly TaskJob[]): void {
    for (const job of jobs) {
      if (this.#copies.size >= AT_ONCE) return
      this.run(job).catch(error => this.#context.log.error({ err: error, videoId: job.taskId }, 'copying failed, its job will try again'))
    }
  }

  async run (job: TaskJob): Promise<void> {
    if (this.#stopping) return
    const copy = saveVideo(this.#context, job, this.#abort.signal).then(ended => { if (ended) this.#onEnded(ended) })
    this.#copies.add(copy)
    await copy.finally(() => this.#copies.delete(copy))
  }

  async stop (): Promise<void> {
    this.#stopping = true
    const timer = setTimeout(() => this.#abort.abort(new Error('The server is stopping')), STOP_GRACE_MS)
    await Promise.allSettled(this.#copies)
    clearTimeout(timer)
  }
}

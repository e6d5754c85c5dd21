import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerContext } from '../context.ts'
import type { TaskJob } from '../queues/queues.ts'
import { IsolatedProcess, type IsolatedSettings } from './isolated-process.ts'
import type { PollStats } from './poll-stats.ts'
import type { ProcessRegistry } from './process-registry.ts'
import { countCrash, holdSuspects, listUncleared, releaseSuspects } from './suspects.ts'

const LOOK_EVERY_MS = 1_000
/** After an error, such as a process that could not be started. */
const ERROR_PAUSE_MS = 5_000
/** A group that crashed is run again in so many parts: 2,000 suspects come down to one in four steps. */
const PARTS = 8

/**
 * Runs suspects apart: in a child process, so that nothing else is in hand when it crashes, and this process and all
 * its ordinary polls go on meanwhile. First all of them together, since nearly all are innocent and done within
 * moments; a group that crashes the child is run again in parts, down to one poll alone. Only what a poll does alone
 * is held against it, and only when the child was not told to stop: this process lives to see how the child ended.
 */
export class Isolation {
  readonly #context: ServerContext
  readonly #registry: Pick<ProcessRegistry, 'id'>
  readonly #stats: PollStats
  readonly #settings: IsolatedSettings
  readonly #stopping = new AbortController()
  #child: IsolatedProcess | undefined
  #loop: Promise<void> | undefined

  constructor (context: ServerContext, registry: Pick<ProcessRegistry, 'id'>, stats: PollStats, settings: IsolatedSettings) {
    this.#context = context
    this.#registry = registry
    this.#stats = stats
    this.#settings = settings
  }

  start (): void {
    this.#loop = this.#run()
  }

  async stop (): Promise<void> {
    this.#stopping.abort()
    await this.#child?.end()
    await this.#loop
  }

  async #run (): Promise<void> {
    const { db, log } = this.#context
    while (!this.#stopping.signal.aborted) {
      try {
        const suspects = await holdSuspects(db, this.#registry.id)
        if (suspects.length > 0) await this.#clear(suspects)
        await this.#pause(LOOK_EVERY_MS)
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        log.error({ err: error }, 'suspected polls could not be run, trying again')
        await this.#pause(ERROR_PAUSE_MS)
      }
    }
  }

  async #clear (suspects: TaskJob[]): Promise<void> {
    const { db, log } = this.#context
    const processId = this.#registry.id
    log.warn({ polls: suspects.length }, 'polls that were in hand when a process crashed are run apart')
    const groups = [suspects]
    try {
      while (groups.length > 0 && !this.#stopping.signal.aborted) {
        groups.push(...await this.#runGroup(groups.pop()!, processId))
      }
    } finally {
      await this.#child?.end()
      await releaseSuspects(db, processId)
    }
  }

  /** Answers with what is to be run again. */
  async #runGroup (group: TaskJob[], processId: string): Promise<TaskJob[][]> {
    const { db, log, feed } = this.#context
    this.#child ??= await IsolatedProcess.start(this.#settings, { onChanged: () => feed.wake(), onFigure: figure => this.#stats.add(figure) }, this.#stopping.signal)
    const end = await this.#child.poll(group)
    if (end === 'done') return []
    this.#child = undefined
    if (this.#stopping.signal.aborted) return []
    const left = await listUncleared(db, processId, group)
    const alone = group.length === 1
    log.error({ polls: group.length, videoId: alone ? group[0]!.taskId : undefined, left: left.length, ...end }, 'the process for suspected polls ended')
    if (!alone || !end.crashed) return split(left)
    for (const job of left) await countCrash(this.#context, processId, job)
    return []
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

function split (jobs: TaskJob[]): TaskJob[][] {
  const size = Math.ceil(jobs.length / PARTS)
  return Array.from({ length: Math.ceil(jobs.length / (size || 1)) }, (_, i) => jobs.slice(i * size, (i + 1) * size))
}

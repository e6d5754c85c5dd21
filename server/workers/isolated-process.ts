import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SandboxAddress } from '../channels/upstreams.ts'
import type { Config } from '../config.ts'
import type { TaskJob } from '../queues/queues.ts'
import { POLL_LEASE_MS } from './poll-claims.ts'
import type { PollFigure } from './poll-stats.ts'

const ENTRY = join(import.meta.dirname, 'isolated-polls.ts')
/** A reply that fills the memory must end this process before it troubles the machine. */
const HEAP_MB = 512
/** No poll takes as long; a process that does is stuck, which is as bad as a crash. */
const GROUP_MS = 2 * POLL_LEASE_MS
/** Sent by somebody who wants it to stop. SIGKILL is not among them: with its parent alive it is the kernel's, for want of memory. */
const ASKED_TO_STOP: ReadonlyArray<string | null> = ['SIGTERM', 'SIGINT', 'SIGHUP']

/** What the child is told first. Over the channel between the two, never by arguments or the environment: it has secrets. */
export interface IsolatedSettings {
  config: Config
  databaseUrl: string
  encryptionKey: Buffer
  sandbox: SandboxAddress | undefined
}

export type ToChild = { settings: IsolatedSettings } | { jobs: TaskJob[] }
export type FromChild = 'ready' | 'changed' | 'done' | { figure: PollFigure }

/** Who is told what the child says while it works. */
export interface Listeners {
  onChanged: () => void
  /** Its polls are this process's too. */
  onFigure: (figure: PollFigure) => void
}

/** How it ended before it was done. */
export interface Ending { code: number | null, signal: string | null, crashed: boolean }

/** The child process that runs suspects (isolated-polls.ts), as its parent sees it. */
export class IsolatedProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<Ending>

  /** Resolves once it could begin; rejects when it ended before, as it does when `signal` aborts: that is no poll's doing. */
  static async start (settings: IsolatedSettings, listeners: Listeners, signal: AbortSignal): Promise<IsolatedProcess> {
    const child = new IsolatedProcess(listeners)
    const giveUp = () => child.#child.kill('SIGTERM')
    signal.addEventListener('abort', giveUp, { once: true })
    child.#send({ settings })
    const ending = await child.#until('ready')
    signal.removeEventListener('abort', giveUp)
    if (ending !== 'ready') throw new Error(`The process for suspected polls did not start: ${ending.signal ?? ending.code}`)
    return child
  }

  private constructor ({ onChanged, onFigure }: Listeners) {
    this.#child = fork(ENTRY, { execArgv: [`--max-old-space-size=${HEAP_MB}`], serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (message: FromChild) => {
      if (message === 'changed') onChanged()
      else if (typeof message === 'object') onFigure(message.figure)
    })
    // Rejects when there is no process to exit, because none could be made.
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal, crashed: !ASKED_TO_STOP.includes(signal) }))
    this.#exited.catch(() => {})
  }

  /** Resolves when all of them are done, or the process is gone. */
  async poll (jobs: TaskJob[]): Promise<'done' | Ending> {
    const stuck = setTimeout(() => this.#child.kill('SIGKILL'), GROUP_MS)
    try {
      this.#send({ jobs })
      return await this.#until('done')
    } finally {
      clearTimeout(stuck)
    }
  }

  /** What it has in hand is left undone. */
  async end (): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exited.catch(() => {})
  }

  /** A child that is gone answers by its exit. */
  #send (message: ToChild): void {
    this.#child.send(message, () => {})
  }

  async #until<Word extends FromChild & string> (word: Word): Promise<Word | Ending> {
    const { promise, resolve } = Promise.withResolvers<Word>()
    const listen = (message: FromChild) => { if (message === word) resolve(word) }
    this.#child.on('message', listen)
    try {
      return await Promise.race([promise, this.#exited])
    } finally {
      this.#child.off('message', listen)
    }
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { History } from './history.ts'

const ENTRY = join(import.meta.dirname, 'server.ts')
const READY = /ready at (http:\S+)/
const RESTART_PAUSE_MS = 200

export interface ServerOptions {
  name: string
  env: Record<string, string>
  logFile: string
  history: History
  /** Whether a start may fail now because Postgres is away. */
  postgresIsAway: () => boolean
}

/** One server process and its successors: whenever one has ended the next is started. */
export class ManagedServer {
  readonly name: string
  readonly #options: ServerOptions
  readonly #log: WriteStream
  #child: ChildProcess | undefined
  #url: string | undefined
  #wanted = false
  #failpoint: string | undefined
  #sigtermAt: number | undefined
  #closing = false
  #lives: Promise<void> | undefined

  constructor (options: ServerOptions) {
    this.name = options.name
    this.#options = options
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
  }

  /** Undefined while it is down. */
  get url (): string | undefined {
    return this.#url
  }

  get pid (): number | undefined {
    return this.#child?.pid
  }

  start (): void {
    this.#lives = this.#live()
  }

  /** Ends this process; the next one has the failpoint armed. */
  async kill (signal: 'SIGKILL' | 'SIGTERM', failpoint?: string): Promise<void> {
    const child = this.#child
    this.#failpoint = failpoint
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    this.#wanted = true
    if (signal === 'SIGTERM') this.#sigtermAt = performance.now()
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
    await once(child, 'exit')
    clearTimeout(late)
  }

  /** Stands still, as on a machine that swaps or a virtual machine that is moved. */
  async freeze (milliseconds: number): Promise<void> {
    const child = this.#child
    child?.kill('SIGSTOP')
    await sleep(milliseconds)
    child?.kill('SIGCONT')
  }

  async ready (patienceMs = 90_000): Promise<void> {
    for (const giveUpAt = performance.now() + patienceMs; !this.#url; await sleep(50)) {
      if (performance.now() > giveUpAt) throw new Error(`${this.name} is not ready after ${patienceMs} ms: ${this.#options.logFile}`)
    }
  }

  async close (): Promise<void> {
    this.#closing = true
    await this.kill('SIGTERM')
    await this.#lives
    this.#log.end()
  }

  /** Without waiting, when the run itself is ended. */
  abandon (): void {
    this.#closing = true
    this.#child?.kill('SIGKILL')
  }

  async #live (): Promise<void> {
    while (!this.#closing) {
      await this.#liveOnce()
      if (!this.#closing) await sleep(RESTART_PAUSE_MS)
    }
  }

  async #liveOnce (): Promise<void> {
    const { env, history, postgresIsAway } = this.#options
    const failpoint = this.#failpoint
    this.#failpoint = this.#sigtermAt = undefined
    this.#wanted = false
    const child = spawn(process.execPath, [ENTRY], { env: { ...env, ...failpoint !== undefined && { FAULT: failpoint } }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.stderr!.pipe(this.#log, { end: false })
    let wasReady = false
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#log.write(text)
      const url = wasReady ? undefined : READY.exec(text)?.[1]
      if (!url) return
      wasReady = true
      this.#url = url
    })
    const [code, signal] = await once(child, 'exit') as [number | null, NodeJS.Signals | null]
    this.#url = undefined
    const byFailpoint = failpoint !== undefined && signal === 'SIGKILL' && !this.#wanted
    const couldNotStart = !wasReady && postgresIsAway()
    history.add({
      type: 'exit',
      server: this.name,
      code,
      signal,
      explained: this.#wanted || byFailpoint || couldNotStart,
      failpoint: byFailpoint ? failpoint : undefined,
      // One that was told to stop before it was up has nothing to finish.
      afterSigtermMs: this.#sigtermAt !== undefined && wasReady ? Math.round(performance.now() - this.#sigtermAt) : undefined
    })
  }
}

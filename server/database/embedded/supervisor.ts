import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import type { Cluster } from './cluster.ts'
import { adoptOrLaunch, type Running } from './launch.ts'

const LONGEST_PAUSE_MS = 2_000

/** Each is given its time, then the next one. Fast: open transactions roll back. Immediate: as in a crash. */
const STOP_SIGNALS = [['SIGINT', 8_000], ['SIGQUIT', 3_000], ['SIGKILL', 3_000]] as const

/** Keeps one postgres running until it is told to stop. */
export class Supervisor {
  readonly #cluster: Cluster
  readonly #log: Log
  readonly #stopping = new AbortController()
  #running: Running
  readonly #ended: Promise<void>

  constructor (cluster: Cluster, log: Log, running: Running) {
    this.#cluster = cluster
    this.#log = log
    this.#running = running
    this.#ended = this.#keepRunning()
  }

  get running (): Running {
    return this.#running
  }

  async #keepRunning (): Promise<void> {
    for (;;) {
      await this.#running.exited
      if (this.#stopping.signal.aborted) return
      this.#log.error({ pid: this.#running.pid }, 'Postgres ended unexpectedly; starting it again')
      const replacement = await this.#replace()
      if (!replacement) return
      this.#running = replacement
      if (this.#stopping.signal.aborted) return
      this.#log.info({ pid: replacement.pid }, 'Postgres is back')
    }
  }

  /** Tries until it succeeds: a full disk, say, may be freed while the server answers 503. */
  async #replace (): Promise<Running | undefined> {
    for (let pause = 100; !this.#stopping.signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await adoptOrLaunch(this.#cluster)
      } catch (error) {
        this.#log.error({ err: error }, 'Postgres could not be started again')
        await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => {})
      }
    }
  }

  async stop (): Promise<void> {
    this.#stopping.abort()
    await stopPostgres(this.#running)
    await this.#ended
    // A replacement may have come up meanwhile.
    await stopPostgres(this.#running)
  }
}

export async function stopPostgres ({ pid, exited }: Running): Promise<void> {
  let gone = false
  const end = exited.then(() => { gone = true })
  // One turn: a promise that is settled already says so before any signal goes to a pid that may be another's.
  await Promise.race([end, sleep(0)])
  for (const [signal, patienceMs] of STOP_SIGNALS) {
    if (gone) return
    send(pid, signal)
    const timer = new AbortController()
    await Promise.race([end, sleep(patienceMs, undefined, { signal: timer.signal }).catch(() => {})])
    timer.abort()
  }
}

function send (pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone; `exited` is about to say so.
  }
}

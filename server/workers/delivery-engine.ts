import { setTimeout as sleep } from 'node:timers/promises'
import { DELIVER_WEBHOOK } from '../queues/queues.ts'
import type { DeliveryJob } from '../webhooks/delivery-jobs.ts'
import { reviveDeliveries, type Outcome } from '../webhooks/delivery-records.ts'
import type { WebhookContext } from '../webhooks/webhook-context.ts'
import { deliverWebhook } from './deliver-webhook.ts'

/** Tries under way at once in a process … */
export const MAX_IN_HAND = 256
/** … and for one user at one host, in all processes: a slow receiver takes no more places than these. */
const PER_RECEIVER = 4
const LOOK_MS = 500
/** While there is more to do, the next look comes as soon as a try has ended, and not before this. */
const BUSY_MS = 25
const ERROR_PAUSE_MS = 1_000
const REVIVE_EVERY_MS = 5_000
/** SIGTERM gives tries under way this long. */
const STOP_GRACE_MS = 5_000

/** Fetches due deliveries and makes them, each on its own: one that hangs holds up no other. */
export class DeliveryEngine {
  /** How many tries of this process ended how, for the metrics. */
  readonly outcomes: Record<Outcome, number> = { delivered: 0, pending: 0, failed: 0, disabled: 0 }
  readonly #context: WebhookContext
  readonly #stopping = new AbortController()
  readonly #hardStop = new AbortController()
  readonly #tries = new Set<Promise<void>>()
  /** Resolved by the first try that ends after a look. */
  #ended = Promise.withResolvers<void>()
  #revivedAt = -Infinity
  #loop: Promise<void> | undefined

  constructor (context: WebhookContext) {
    this.#context = context
  }

  start (): void {
    this.#loop = this.#run()
  }

  async stop (): Promise<void> {
    this.#stopping.abort()
    const timeUp = sleep(STOP_GRACE_MS, undefined, { ref: false })
    await this.#loop
    const settled = Promise.allSettled(this.#tries)
    await Promise.race([settled, timeUp])
    this.#hardStop.abort()
    await settled
  }

  async #run (): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#revive()
        this.#ended = Promise.withResolvers()
        await this.#fetchRound()
        await this.#pause(BUSY_MS)
        await Promise.race([this.#pause(LOOK_MS), this.#ended.promise])
      } catch (error) {
        this.#context.log.error({ err: error }, 'webhook deliveries could not be fetched, trying again')
        await this.#pause(ERROR_PAUSE_MS)
      }
    }
  }

  async #revive (): Promise<void> {
    if (performance.now() - this.#revivedAt < REVIVE_EVERY_MS) return
    this.#revivedAt = performance.now()
    await reviveDeliveries(this.#context.db)
  }

  /** Each receiver once: a fetch sees no further than the backlog of one of them, so the next one leaves that one out. */
  async #fetchRound (): Promise<void> {
    const served = new Set<string>()
    for (;;) {
      const room = MAX_IN_HAND - this.#tries.size
      const jobs = room > 0 && !this.#stopping.signal.aborted ? await this.#fetch(room, [...served]) : []
      if (jobs.length === 0) return
      for (const { id, data, groupId } of jobs) {
        served.add(groupId!)
        this.#track(this.#deliver(id, data))
      }
    }
  }

  #fetch (batchSize: number, ignoreGroups: string[]) {
    return this.#context.boss.fetch<DeliveryJob>(DELIVER_WEBHOOK, { batchSize, groupConcurrency: PER_RECEIVER, ignoreGroups })
  }

  /** The job goes whatever happened: the row knows when the next try is due, and a lost one is revived. */
  async #deliver (jobId: string, { deliveryId }: DeliveryJob): Promise<void> {
    try {
      const outcome = await deliverWebhook(this.#context, deliveryId, this.#hardStop.signal)
      if (outcome) this.outcomes[outcome]++
    } catch (error) {
      this.#context.log.error({ err: error, deliveryId }, 'webhook delivery was not recorded, it will be tried again')
    }
    await this.#context.boss.deleteJob(DELIVER_WEBHOOK, jobId)
  }

  #track (attempt: Promise<void>): void {
    const ended = attempt
      .catch(error => this.#context.log.warn({ err: error }, 'a webhook job holds its place until it is dropped'))
      .finally(() => {
        this.#tries.delete(ended)
        this.#ended.resolve()
      })
    this.#tries.add(ended)
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

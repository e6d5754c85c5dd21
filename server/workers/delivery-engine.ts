import { setTimeout as sleep } from 'node:timers/promises'
import { DELIVER_WEBHOOK } from '../queues/queues.ts'
import type { DeliveryJob } from '../webhooks/delivery-jobs.ts'
import { reviveDeliveries } from '../webhooks/delivery-records.ts'
import type { WebhookContext } from '../webhooks/webhook-context.ts'
import { deliverWebhook } from './deliver-webhook.ts'

/** Tries under way at once in a process … */
const MAX_IN_HAND = 64
/** … and for one endpoint, in all processes: a slow receiver takes no more places than these. */
const PER_ENDPOINT = 4
const LOOK_MS = 500
/** While there is more than fits, the next look comes as soon as a place is free, and not before this. */
const BUSY_MS = 25
const ERROR_PAUSE_MS = 1_000
const REVIVE_EVERY_MS = 5_000
/** SIGTERM gives tries under way this long. */
const STOP_GRACE_MS = 5_000

/** Fetches due deliveries and makes them, each on its own: one that hangs holds up no other. */
export class DeliveryEngine {
  readonly #context: WebhookContext
  readonly #stopping = new AbortController()
  readonly #hardStop = new AbortController()
  readonly #tries = new Set<Promise<void>>()
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
    await this.#loop
    const settled = Promise.allSettled(this.#tries)
    await Promise.race([settled, sleep(STOP_GRACE_MS, undefined, { ref: false })])
    this.#hardStop.abort()
    await settled
  }

  async #run (): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#revive()
        const started = await this.#fetchAndStart()
        await this.#pause(started > 0 ? BUSY_MS : LOOK_MS)
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

  async #fetchAndStart (): Promise<number> {
    const room = MAX_IN_HAND - this.#tries.size
    if (room === 0) return 0
    const jobs = await this.#context.boss.fetch<DeliveryJob>(DELIVER_WEBHOOK, { batchSize: room, groupConcurrency: PER_ENDPOINT })
    for (const { id, data } of jobs) this.#track(this.#deliver(id, data))
    return jobs.length
  }

  /** The job goes whatever happened: the row knows when the next try is due, and a lost one is revived. */
  async #deliver (jobId: string, { deliveryId }: DeliveryJob): Promise<void> {
    try {
      await deliverWebhook(this.#context, deliveryId, this.#hardStop.signal)
    } finally {
      await this.#context.boss.deleteJob(DELIVER_WEBHOOK, jobId)
    }
  }

  #track (attempt: Promise<void>): void {
    this.#tries.add(attempt)
    attempt
      .catch(error => this.#context.log.error({ err: error }, 'webhook delivery was not recorded, it will be tried again'))
      .finally(() => this.#tries.delete(attempt))
  }

  #pause (ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

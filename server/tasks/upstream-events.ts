import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Db, TaskAttempt } from '../database/tables.ts'
import { ReelayError, type ErrorCode } from '../errors.ts'
import type { WebhookDelivery, WebhookReading } from '../upstreams/upstream.ts'
import { hastenPoll } from './poll-hints.ts'

/** An event that came too early counts once more after this. */
const SECOND_LOOK_MS = 2_000
/** Events remembered for that at most; more are forgotten, and their jobs polled as planned. */
const MAX_REMEMBERED = 1_000

const REFUSALS: Readonly<Record<Extract<WebhookReading, { event: 'refused' }>['reason'], ErrorCode>> = {
  forged: 'EVENT_SIGNATURE_INVALID',
  stale: 'EVENT_STALE',
  unreadable: 'EVENT_UNREADABLE'
}

type Known = Pick<TaskAttempt, 'task_id' | 'attempt' | 'channel_id' | 'external_task_id'> & { open: boolean, asking: boolean, failures: number }

/**
 * Events that providers post. Each is a hint and no more: the job it is about is polled sooner than planned, and what
 * the poll says counts. However many come, a task is asked after no more often than POLL_MIN_MS and the adapter allow.
 */
export class UpstreamEvents {
  readonly #context: ServerContext
  readonly #remembered = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()

  constructor (context: ServerContext) {
    this.#context = context
  }

  /** Throws EVENTS_UNSUPPORTED, what is wrong with the event, or that the channel is not there. */
  async receive (channelId: string, delivery: WebhookDelivery): Promise<void> {
    const { upstreams, config } = this.#context
    const upstream = await upstreams.forChannel(channelId)
    const reading = upstream.readWebhook?.(delivery)
    if (!reading) throw new ReelayError('EVENTS_UNSUPPORTED')
    if (reading.event === 'refused') throw new ReelayError(REFUSALS[reading.reason])
    if (reading.event === 'other') return
    const spacingMs = Math.max(config.POLL_MIN_MS, upstream.capabilities.minPollMs)
    if (!await this.#hasten(channelId, reading.externalTaskId, spacingMs)) this.#remember(channelId, reading.externalTaskId, spacingMs)
  }

  async close (): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#remembered.values())
  }

  /** False: too early. Its acceptance may not be written yet, or a look is under way that began before the news. */
  async #hasten (channelId: string, externalTaskId: string, spacingMs: number): Promise<boolean> {
    const known = await findKnown(this.#context.db, channelId, externalTaskId)
    if (!known || known.asking) return false
    // After a failed look the time is the upstream's to choose (Retry-After).
    if (known.open && known.failures === 0) await hastenPoll(this.#context, known, spacingMs)
    return true
  }

  #remember (channelId: string, externalTaskId: string, spacingMs: number): void {
    const key = `${channelId} ${externalTaskId}`
    if (this.#remembered.has(key) || this.#remembered.size >= MAX_REMEMBERED) return
    const again = sleep(SECOND_LOOK_MS, undefined, { signal: this.#closing.signal })
      .then(() => this.#hasten(channelId, externalTaskId, spacingMs))
      .catch(error => {
        if (!this.#closing.signal.aborted) this.#context.log.warn({ err: error, channelId, externalTaskId }, 'an event was forgotten; its job is polled as planned')
      })
      .finally(() => this.#remembered.delete(key))
    this.#remembered.set(key, again.then(() => {}))
  }
}

function findKnown (db: Db, channelId: string, externalTaskId: string): Promise<Known | undefined> {
  return db
    .selectFrom('task_attempts as a')
    .leftJoin('task_polls as p', join => join.onRef('p.task_id', '=', 'a.task_id').onRef('p.attempt', '=', 'a.attempt'))
    .select(['a.task_id', 'a.attempt', 'a.channel_id', 'a.external_task_id'])
    .select(eb => eb.fn.coalesce('p.is_open', sql<boolean>`false`).as('open'))
    .select(eb => eb.fn.coalesce('p.failures', sql<number>`0`).as('failures'))
    .select(sql<boolean>`coalesce(p.lease_until > now(), false)`.as('asking'))
    .where('a.channel_id', '=', channelId)
    .where('a.external_task_id', '=', externalTaskId)
    .executeTakeFirst()
}

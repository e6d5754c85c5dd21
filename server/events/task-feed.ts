import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { Log } from '../log.ts'
import type { TaskView } from '../tasks/task-repository.ts'
import { findLogEnd, readFeed, readUserEvents, type AgedEvent, type LoggedEvent, type LogPosition } from './event-log.ts'
import { isAfter } from './cursor.ts'
import { Listener } from './listener.ts'
import { TaskProgress, viewsById } from './task-progress.ts'

const CHANNEL = 'reelay_task_events'
/** At most one NOTIFY a process in this time: one in every transaction cut throughput by 33–58 % (measured). */
const NOTIFY_EVERY_MS = 25
/** Re-read this soon while an event waits for an older transaction to end. */
const UNSETTLED_MS = 50
/** Without any wake-up: a lost notification delays nobody longer than this. */
const BACKSTOP_MS = 2_000
/** An event held back longer than this is sent without its id, and once more with it later. */
const HELD_BACK_MS = 2_000
const PAGE = 1_000

/** An event with its task as it is now; the view is missing when it is about a batch, or the task was deleted since. */
export interface FeedEvent { event: LoggedEvent, view: TaskView | undefined }

export interface FeedSubscriber {
  userId: string
  onEvents: (events: FeedEvent[]) => void
  /** Progress or stage of running tasks. */
  onProgress: (views: TaskView[]) => void
}

/** One read of the log: the tasks it told of, those whose events wait for an older transaction, and how long to rest. */
interface ReadEvents { told: ReadonlySet<string>, untold: ReadonlySet<string>, again: number }

/**
 * Tells the streams of this process what happened to their users' tasks, whichever process did it. Woken by an
 * empty NOTIFY, it reads the log from its own position, for the users who listen here and no others.
 */
export class TaskFeed {
  readonly #db: Db
  readonly #log: Log
  readonly #listener: Listener
  readonly #progress: TaskProgress
  readonly #subscribers = new Map<string, Set<FeedSubscriber>>()
  #sentEarly = new Set<string>()
  #position: LogPosition = { xid: '0', id: '0' }
  #awake = Promise.withResolvers<void>()
  #notifyDue = false
  #stalledSince: number | undefined
  #closed = false
  #pump: Promise<void> | undefined
  #reading: Promise<unknown> | undefined

  constructor (db: Db, connectionString: string, log: Log) {
    this.#db = db
    this.#log = log
    this.#progress = new TaskProgress(db)
    this.#listener = new Listener(connectionString, CHANNEL, () => this.#wakeForSubscribers(), log)
  }

  /** Age of the oldest event that an open transaction keeps from being settled, in milliseconds. */
  get stallMs (): number {
    return this.#stalledSince === undefined ? 0 : Date.now() - this.#stalledSince
  }

  get subscriberCount (): number {
    return [...this.#subscribers.values()].reduce((count, ofUser) => count + ofUser.size, 0)
  }

  async start (): Promise<void> {
    this.#position = await findLogEnd(this.#db)
    this.#listener.start()
    this.#pump = this.#run()
  }

  async close (): Promise<void> {
    this.#closed = true
    this.#awake.resolve()
    await Promise.all([this.#listener.close(), this.#pump])
  }

  /** Call after a commit that changed a task: tells every process, this one included, to look. */
  wake (): void {
    if (this.#notifyDue || this.#closed) return
    this.#notifyDue = true
    setTimeout(() => {
      this.#notifyDue = false
      // A lost notification costs at most the backstop's delay.
      sql`select pg_notify(${CHANNEL}, '')`.execute(this.#db).catch(error => this.#log.warn({ err: error }, 'NOTIFY failed'))
    }, NOTIFY_EVERY_MS)
  }

  /** From now on the subscriber hears of its user's tasks. Answers with how to end that. */
  subscribe (subscriber: FeedSubscriber): () => void {
    const ofUser = this.#subscribers.get(subscriber.userId) ?? new Set()
    this.#subscribers.set(subscriber.userId, ofUser.add(subscriber))
    this.#awake.resolve()
    return () => {
      ofUser.delete(subscriber)
      if (ofUser.size === 0) this.#subscribers.delete(subscriber.userId)
    }
  }

  /**
   * Resolves once every read of the log includes those who subscribed before. A read that began earlier knows nothing
   * of them and may pass their events: who catches up by a query of its own must do so after this.
   */
  async includesSubscribers (): Promise<void> {
    await this.#reading
  }

  /** While nobody listens there is nothing to hurry for. */
  #wakeForSubscribers (): void {
    if (this.#subscribers.size > 0) this.#awake.resolve()
  }

  async #run (): Promise<void> {
    while (!this.#closed) {
      const reading = this.#read()
      this.#reading = reading
      const again = await reading
      await Promise.race([this.#awake.promise, sleep(again, undefined, { ref: false })])
      this.#awake = Promise.withResolvers<void>()
    }
  }

  async #read (): Promise<number> {
    try {
      // Rows first, events afterwards: whatever status a row shows then, its event is told before its progress.
      const moved = await this.#progress.read([...this.#subscribers.keys()])
      const read = await this.#readEvents()
      // With more of the log to come, what a row shows may not have been told yet.
      if (moved && read.again > 0) this.#deliverProgress(this.#progress.news(moved, read))
      return Math.min(read.again, moved || this.#subscribers.size === 0 ? BACKSTOP_MS : this.#progress.dueInMs)
    } catch (error) {
      this.#log.warn({ err: error }, 'the event log could not be read, trying again')
      return BACKSTOP_MS
    }
  }

  /** Reads on from the position. */
  async #readEvents (): Promise<ReadEvents> {
    const users = [...this.#subscribers.keys()]
    if (users.length === 0) return await this.#keepUp()
    const { events, end } = await readFeed(this.#db, users, this.#position, PAGE)
    const firstOpen = events.findIndex(event => !event.settled)
    const settled = firstOpen === -1 ? events : events.slice(0, firstOpen)
    const open = firstOpen === -1 ? [] : events.slice(firstOpen)
    const told = [...settled, ...this.#heldBack(open)]
    await this.#deliver(told)
    const untold = open.filter(event => !this.#sentEarly.has(event.id))
    const read = { told: tasksOf(told), untold: tasksOf(untold) }
    this.#stalledSince = open[0] && Date.now() - open[0].age_ms
    const last = settled.at(-1)
    if (last) this.#position = last
    if (events.length < PAGE && isAfter(end, this.#position)) this.#position = end
    if (events.length === PAGE) return { ...read, again: 0 }
    return { ...read, again: open.length > 0 ? UNSETTLED_MS : BACKSTOP_MS }
  }

  /** Moves to the end of the log while nobody listens, so that whoever comes next need not wait for what is long past. */
  async #keepUp (): Promise<ReadEvents> {
    this.#position = await findLogEnd(this.#db)
    this.#stalledSince = undefined
    this.#sentEarly.clear()
    return { told: new Set(), untold: new Set(), again: BACKSTOP_MS }
  }

  /** Those of the open ones that wait too long; each is sent early once. */
  #heldBack (open: AgedEvent[]): LoggedEvent[] {
    const old = open.filter(event => event.age_ms > HELD_BACK_MS)
    const due = old.filter(event => !this.#sentEarly.has(event.id))
    this.#sentEarly = new Set(old.map(event => event.id))
    return due.map(event => ({ ...event, settled: false }))
  }

  async #deliver (events: LoggedEvent[]): Promise<void> {
    if (events.length === 0) return
    const views = await viewsById(this.#db, events.map(event => event.task_id))
    this.#progress.tell(views.values())
    for (const [userId, ofUser] of Map.groupBy(events, event => event.user_id)) {
      const items = ofUser.map(event => ({ event, view: views.get(event.task_id) }))
      for (const subscriber of this.#subscribers.get(userId) ?? []) subscriber.onEvents(items)
    }
  }

  #deliverProgress (news: TaskView[]): void {
    for (const [userId, ofUser] of Map.groupBy(news, view => view.user_id)) {
      for (const subscriber of this.#subscribers.get(userId) ?? []) subscriber.onProgress(ofUser)
    }
  }
}

/** Everything of one user's between two positions, in pages: for a stream that catches up before it goes live. */
export async function * replayEvents (db: Db, userId: string, from: LogPosition): AsyncGenerator<FeedEvent[]> {
  let position = from
  while (true) {
    const events = await readUserEvents(db, userId, position, PAGE)
    const firstOpen = events.findIndex(event => !event.settled)
    const settled = firstOpen === -1 ? events : events.slice(0, firstOpen)
    if (settled.length === 0) return
    const views = await viewsById(db, settled.map(event => event.task_id))
    yield settled.filter(event => isAfter(event, from)).map(event => ({ event, view: views.get(event.task_id) }))
    position = settled.at(-1)!
  }
}

function tasksOf (events: LoggedEvent[]): ReadonlySet<string> {
  return new Set(events.map(event => event.task_id))
}

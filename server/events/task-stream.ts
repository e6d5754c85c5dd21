import type { Db } from '../database/tables.ts'
import type { Reader } from '../tasks/present-task.ts'
import type { TaskView } from '../tasks/task-repository.ts'
import { decodeCursor, encodeCursor, isAfter } from './cursor.ts'
import { findLogEnd, type LogPosition } from './event-log.ts'
import { findHorizon } from './retention.ts'
import { progressFrame, type Frame } from './frames.ts'
import { readSnapshot } from './snapshot.ts'
import { frameOf, type StreamFilter } from './stream-filter.ts'
import { replayEvents, type FeedEvent, type TaskFeed } from './task-feed.ts'

/** Beyond this a reader is not keeping up: it is closed and resumes from its cursor. */
const MAX_QUEUED_FRAMES = 5_000

/** Where a stream's messages go. `write` resolves when the socket took them. */
export interface Sink {
  write: (message: { id?: string, retry?: number, data?: Frame }) => Promise<void>
  close: () => void
}

export interface StreamOptions {
  userId: string
  epoch: string
  lastEventId?: string
  /** How long the client is to wait before it reconnects. */
  retryMs: number
  reader: Reader
  filter: StreamFilter
}

/**
 * One client's stream: cursor, replay, snapshot, then live. Status changes keep their order and carry their cursor;
 * progress is coalesced, so that a slow reader gets the latest state of a task instead of its whole past.
 */
export class TaskStream {
  readonly #db: Db
  readonly #feed: TaskFeed
  readonly #sink: Sink
  readonly #options: StreamOptions
  readonly #statuses: FeedEvent[] = []
  readonly #progress = new Map<string, TaskView>()
  #position: LogPosition = { xid: '0', id: '0' }
  #wake = Promise.withResolvers<void>()
  #closed = false

  constructor (db: Db, feed: TaskFeed, sink: Sink, options: StreamOptions) {
    this.#db = db
    this.#feed = feed
    this.#sink = sink
    this.#options = options
  }

  /** Runs until the stream is closed. */
  async run (): Promise<void> {
    // Listen first, read afterwards: what happens in between waits in the queue.
    const unsubscribe = this.#feed.subscribe({
      userId: this.#options.userId,
      onEvents: events => this.#enqueue(events),
      onProgress: views => this.#enqueueProgress(views)
    })
    try {
      await this.#feed.includesSubscribers()
      await this.#catchUp()
      await this.#sendSnapshot()
      while (!this.#closed) await this.#sendNext()
    } finally {
      unsubscribe()
      this.#sink.close()
    }
  }

  close (): void {
    this.#closed = true
    this.#wake.resolve()
  }

  /** Says where the client stands, then everything since it was last here. */
  async #catchUp (): Promise<void> {
    const { epoch, lastEventId, retryMs } = this.#options
    const end = await findLogEnd(this.#db)
    const from = lastEventId ? decodeCursor(lastEventId, { epoch, end, horizon: await findHorizon(this.#db) }) : undefined
    this.#position = from ?? end
    // An id alone, so that even a client dropped before its first event can resume.
    await this.#sink.write({ id: encodeCursor(epoch, this.#position), retry: retryMs })
    if (lastEventId && !from) await this.#sink.write({ data: { type: 'reset' } })
    if (!from) return
    for await (const events of replayEvents(this.#db, this.#options.userId, from)) {
      for (const event of events) await this.#sendStatus(event)
      if (this.#closed) return
    }
  }

  async #sendSnapshot (): Promise<void> {
    const { userId, filter, reader } = this.#options
    const { views, truncated } = await readSnapshot(this.#db, userId, filter)
    for (const view of views) {
      if (this.#closed) return
      await this.#sink.write({ data: progressFrame(view, reader) })
    }
    await this.#sink.write({ data: { type: 'snapshotEnd', truncated } })
  }

  #enqueue (events: FeedEvent[]): void {
    this.#statuses.push(...events)
    if (this.#statuses.length > MAX_QUEUED_FRAMES) this.close()
    this.#wake.resolve()
  }

  #enqueueProgress (views: TaskView[]): void {
    for (const view of views) this.#progress.set(view.id, view)
    this.#wake.resolve()
  }

  async #sendNext (): Promise<void> {
    const status = this.#statuses.shift()
    if (status) return await this.#sendStatus(status)
    const [next] = this.#progress.values()
    if (next) {
      this.#progress.delete(next.id)
      if (this.#options.filter.tasks(next)) await this.#sink.write({ data: progressFrame(next, this.#options.reader) })
      return
    }
    await this.#wake.promise
    this.#wake = Promise.withResolvers<void>()
  }

  async #sendStatus (item: FeedEvent): Promise<void> {
    const { event } = item
    if (event.settled && !isAfter(event, this.#position)) return
    if (event.settled) this.#position = event
    // News of a task outdates the progress that still waits for it.
    this.#progress.delete(event.task_id)
    const data = frameOf(item, this.#options.filter, this.#options.reader)
    if (!data) return
    const id = event.settled ? encodeCursor(this.#options.epoch, event) : undefined
    await this.#sink.write({ id, data })
  }
}

import type { Db } from '../database/tables.ts'
import type { Reader } from '../tasks/present-task.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { findLogEnd, type LogPosition } from './event-log.ts'
import { progressFrame, type Frame } from './frames.ts'
import { findHorizon } from './retention.ts'
import { readSnapshot } from './snapshot.ts'
import { frameOf, type StreamFilter } from './stream-filter.ts'
import { replayEvents, type TaskFeed } from './task-feed.ts'

export interface Updates {
  /** Give it as lastEventId next time. */
  lastEventId: string
  /** The cursor given was too old or not ours: read the list again. */
  reset: boolean
  updates: Frame[]
}

interface UpdatesRequest {
  userId: string
  epoch: string
  lastEventId?: string
  /** Milliseconds to wait for the first change. */
  waitMs: number
  reader: Reader
  filter: StreamFilter
  /** Aborted: answer at once with what there is. */
  signal: AbortSignal
}

/**
 * The feed as one answer, for networks that hold streams back: the changes since a cursor, waiting for the first;
 * without a cursor the present state of the active tasks, at once.
 */
export async function readUpdates (db: Db, feed: TaskFeed, request: UpdatesRequest): Promise<Updates> {
  const { userId, epoch, lastEventId } = request
  const end = await findLogEnd(db)
  const from = lastEventId === undefined ? undefined : decodeCursor(lastEventId, { epoch, end, horizon: await findHorizon(db) })
  if (!from) return { lastEventId: encodeCursor(epoch, end), reset: lastEventId !== undefined, updates: await snapshot(db, request) }

  // Listen first: a change between the look and the wait must wake it.
  const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
  const unsubscribe = feed.subscribe({ userId, onEvents: () => wake(), onProgress: () => {} })
  const timer = setTimeout(wake, request.waitMs)
  request.signal.addEventListener('abort', () => wake(), { once: true })
  if (request.signal.aborted) wake()
  try {
    await feed.includesSubscribers()
    const first = await readSince(db, request, from)
    if (first.updates.length > 0) return first
    await woken
    return await readSince(db, request, from)
  } finally {
    clearTimeout(timer)
    unsubscribe()
  }
}

async function readSince (db: Db, { userId, epoch, reader, filter }: UpdatesRequest, from: LogPosition): Promise<Updates> {
  const updates: Frame[] = []
  let position = from
  for await (const events of replayEvents(db, userId, from)) {
    for (const item of events) {
      const frame = frameOf(item, filter, reader)
      if (frame) updates.push(frame)
      position = item.event
    }
  }
  return { lastEventId: encodeCursor(epoch, position), reset: false, updates }
}

async function snapshot (db: Db, { userId, reader, filter }: UpdatesRequest): Promise<Frame[]> {
  const { views } = await readSnapshot(db, userId, filter)
  return views.map(view => progressFrame(view, reader))
}

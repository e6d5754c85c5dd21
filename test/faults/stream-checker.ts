import { isAfter } from '../../server/events/cursor.ts'
import type { LogPosition } from '../../server/events/event-log.ts'
import type { EventEvidence, Evidence, HistoryEntry } from './evidence.ts'

type StreamEntry = Extract<HistoryEntry, { watcher: number }>

/** What one client saw of its stream, over all its connections. */
class Watched {
  #opened: LogPosition | undefined
  #start: LogPosition | undefined
  #last: LogPosition | undefined
  readonly #seen = new Map<string, string>()

  /** Takes the next entry; answers with what is wrong about it. */
  take (entry: StreamEntry): string | undefined {
    switch (entry.type) {
      case 'opened':
        this.#opened = positionOf(entry.cursor)
        this.#start ??= this.#opened
        return undefined
      case 'reset':
        // An honest "you missed something": the client reads everything anew and counts from here.
        this.#start = this.#last = this.#opened
        this.#seen.clear()
        return undefined
      case 'frame': return this.#takeFrame(entry)
    }
  }

  #takeFrame ({ cursor, status, videoId }: Extract<StreamEntry, { type: 'frame' }>): string | undefined {
    const position = positionOf(cursor)
    if (this.#last && !isAfter(position, this.#last)) return this.#seen.has(position.id) ? undefined : `${cursor} (${videoId} ${status}) came after ${this.#last.xid}-${this.#last.id}`
    this.#last = position
    this.#seen.set(position.id, status)
    return undefined
  }

  /** With all of an account's changes; of a deleted task a stream may have told them all or not. */
  * compare (events: EventEvidence[], deleted: ReadonlySet<string>) {
    const start = this.#start
    if (!start) return
    const known = new Set(events.map(event => event.id))
    for (const id of this.#seen.keys()) if (!known.has(id)) yield `saw a change that is not in its account's log (${id})`
    for (const event of events.filter(event => isAfter(event, start))) {
      const status = this.#seen.get(event.id)
      if (status === undefined && deleted.has(event.task_id)) continue
      if (status === undefined) yield `never saw ${event.task_id} become ${event.status} (${event.xid}-${event.id})`
      else if (status !== event.status) yield `saw ${status} where ${event.task_id} became ${event.status}`
    }
  }
}

/** Every client saw every change of its account since it first came, and no other's, in the order of the feed, however often it was cut off. */
export function * streamsAreComplete ({ tasks, events, history }: Evidence) {
  const owners = new Map(tasks.map(task => [task.id, task.owner]))
  const deleted = new Set(tasks.filter(task => task.deleted).map(task => task.id))
  const eventsByOwner = Map.groupBy(events, event => owners.get(event.task_id))
  const entries = history.filter(entry => 'watcher' in entry)
  for (const [number, ofWatcher] of Map.groupBy(entries, entry => entry.watcher)) {
    const watched = new Watched()
    for (const entry of ofWatcher) {
      const problem = watched.take(entry)
      if (problem) yield `stream ${number}: ${problem}`
    }
    for (const problem of watched.compare(eventsByOwner.get(ofWatcher[0]!.by) ?? [], deleted)) yield `stream ${number} ${problem}`
  }
}

export function positionOf (cursor: string): LogPosition {
  const [, xid, id] = cursor.split('-')
  return { xid: xid!, id: id! }
}

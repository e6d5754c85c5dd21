import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { listTaskViews, type TaskView } from '../tasks/task-repository.ts'

/** Progress is read at most this often. */
const EVERY_MS = 250
/** For what was being committed during a look, the next one looks back so far. */
const OVERLAP_MS = 1_000

/** What moved, as it was at that time by the database's clock. */
export interface Moved { views: Map<string, TaskView>, at: Date }

/** Which running tasks have moved on without an event, and what of that is news to the streams of this process. */
export class TaskProgress {
  readonly #db: Db
  #since = new Date(0)
  #readAt = 0
  #sent = new Map<string, string>()

  constructor (db: Db) {
    this.#db = db
  }

  /** Milliseconds until it may be read again. */
  get dueInMs (): number {
    return Math.max(0, EVERY_MS - (performance.now() - this.#readAt))
  }

  /** What moved since the last look that was told of; nothing where that was a moment ago. */
  async read (userIds: string[]): Promise<Moved | undefined> {
    if (userIds.length === 0 || this.dueInMs > 0) return undefined
    this.#readAt = performance.now()
    const { ids, now } = await findMovedTasks(this.#db, userIds, this.#since)
    return { views: await viewsById(this.#db, ids), at: now }
  }

  /** What a status frame has told is no news as progress. */
  tell (views: Iterable<TaskView>): void {
    for (const view of views) this.#sent.set(view.id, progressOf(view))
  }

  /** Not of those that an event has just told of, with a newer row, nor of those whose event is still held back. */
  news ({ views, at }: Moved, { told, untold }: { told: ReadonlySet<string>, untold: ReadonlySet<string> }): TaskView[] {
    this.#since = new Date(at.getTime() - OVERLAP_MS)
    const before = this.#sent
    const due = [...views.values()].filter(({ id }) => !told.has(id) && !untold.has(id))
    this.#sent = new Map([...before].filter(([id]) => told.has(id)))
    this.tell(due)
    return due.filter(view => before.get(view.id) !== progressOf(view))
  }
}

export async function viewsById (db: Db, ids: string[]): Promise<Map<string, TaskView>> {
  if (ids.length === 0) return new Map()
  const views = await listTaskViews(db, [...new Set(ids)])
  return new Map(views.map(view => [view.id, view]))
}

/** Running tasks of these users whose progress or stage changed since, and the database's time of the look. */
async function findMovedTasks (db: Db, userIds: string[], since: Date): Promise<{ ids: string[], now: Date }> {
  const { rows } = await sql<{ id: string | null, now: Date }>`
    select moved.id, clock.now
    from (select now() as now) clock
    left join (
      select task_id as id from task_polls
      where user_id = any(${userIds}::bigint[]) and is_open and changed_at > ${since}
      union
      select id from tasks
      where user_id = any(${userIds}::bigint[]) and status in ('QUEUED', 'PROCESSING') and updated_at > ${since}
    ) moved on true`.execute(db)
  return { ids: rows.flatMap(row => row.id ?? []), now: rows[0]!.now }
}

function progressOf (view: TaskView): string {
  return [view.attempt, view.status, view.live_stage ?? view.stage, view.live_progress, view.queue_position].join(' ')
}

import { sql, type Selectable } from 'kysely'
import { lineOrder } from '../channels/submission-slots.ts'
import type { Db, NewTask, Task, TaskAttempt, TaskPollsTable } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { announce, announceAll, statusEvent } from '../events/event-log.ts'
import { batchSubmissionJobs, submissionJob } from '../queues/queues.ts'
import type { TaskStatus, TaskType } from './statuses.ts'
import { encodePageCursor, type PageCursor } from './page-cursor.ts'
import { isVideoId } from './video-id.ts'

/** A task as clients see it: the row, what polling knows of its current attempt, and how often it was remixed. */
export type TaskView = Task & LivePoll & { remix_count: string, place_in_line: string | null, has_thumbnail: boolean }

type LivePoll = {
  [Column in 'polls' | 'progress_source' | 'queue_position' | 'estimated_completion_at']: Selectable<TaskPollsTable>[Column] | null
} & { live_progress: number | null, live_stage: string | null }

export interface TaskFilter {
  status?: readonly TaskStatus[]
  type?: TaskType
  model?: string
  batchId?: string
  /** Words to find in the prompt or an id to match. */
  q?: string
  from?: Date
  to?: Date
  limit: number
  /** By the time of creation; the newest first unless said otherwise. */
  order?: 'asc' | 'desc'
  cursor?: PageCursor
}

/** How many tasks a full channel sends before this one, itself included; null where nobody has to wait for a place. */
const placeInLine = sql<string | null>`case when tasks.status = 'QUEUED' and tasks.stage = 'accepted' then (
  select count(*)
  from tasks ahead
  join channels c on c.id = ahead.channel_id and c.settings ? 'concurrency'
  where ahead.channel_id = tasks.channel_id and ahead.status = 'QUEUED' and ahead.stage = 'accepted' and ${lineOrder('ahead')} <= ${lineOrder('tasks')}
  having count(*) > 0
) end`

/** The one place that says what a task view is; deleted tasks are not in it. */
function selectTaskViews (db: Db) {
  return db
    .selectFrom('tasks')
    .leftJoin('task_polls as p', join => join
      .onRef('p.task_id', '=', 'tasks.id')
      .onRef('p.attempt', '=', 'tasks.attempt'))
    .selectAll('tasks')
    .select(['p.polls', 'p.progress_source', 'p.queue_position', 'p.estimated_completion_at', 'p.progress as live_progress', 'p.stage as live_stage'])
    .select(eb => eb
      .selectFrom('tasks as child')
      .select(child => child.fn.countAll<string>().as('count'))
      .whereRef('child.remix_from', '=', 'tasks.id')
      .where('child.deleted_at', 'is', null)
      .as('remix_count'))
    .select(placeInLine.as('place_in_line'))
    .select(eb => eb.exists(eb.selectFrom('assets').select('id').whereRef('task_id', '=', 'tasks.id').where('kind', '=', 'thumbnail')).as('has_thumbnail'))
    .where('tasks.deleted_at', 'is', null)
}

export function findOwnTask (db: Db, userId: string, id: string): Promise<TaskView | undefined> {
  return selectTaskViews(db)
    .where('tasks.id', '=', id)
    .where('tasks.user_id', '=', userId)
    .executeTakeFirst() as Promise<TaskView | undefined>
}

/** Throws TASK_NOT_FOUND: also for other users' tasks, so that nobody learns which ids exist. */
export async function findOwnTaskOrThrow (db: Db, userId: string, id: string): Promise<TaskView> {
  const task = isVideoId(id) ? await findOwnTask(db, userId, id) : undefined
  if (!task) throw new ReelayError('TASK_NOT_FOUND', { params: { videoId: id } })
  return task
}

/** Those of the ids that are the user's. */
export async function findOwnTasks (db: Db, userId: string, ids: readonly string[]): Promise<TaskView[]> {
  const known = ids.filter(isVideoId)
  if (known.length === 0) return []
  return await selectTaskViews(db)
    .where('tasks.id', 'in', known)
    .where('tasks.user_id', '=', userId)
    .execute() as TaskView[]
}

/** The views of several users' tasks, for whoever already knows that they may be shown. */
export function listTaskViews (db: Db, ids: readonly string[]): Promise<TaskView[]> {
  return selectTaskViews(db)
    .where('tasks.id', 'in', [...ids])
    .execute() as Promise<TaskView[]>
}

/** A user's unfinished tasks, newest first. */
export function listActiveTaskViews (db: Db, userId: string, limit: number): Promise<TaskView[]> {
  return selectTaskViews(db)
    .where('tasks.user_id', '=', userId)
    .where('tasks.status', 'in', ['QUEUED', 'PROCESSING'])
    .orderBy('tasks.created_at', 'desc')
    .orderBy('tasks.id', 'desc')
    .limit(limit)
    .execute() as Promise<TaskView[]>
}

/** One page of a user's tasks and the cursor of the next page. */
export async function listOwnTasks (db: Db, userId: string, filter: TaskFilter): Promise<{ tasks: TaskView[], nextCursor: string | null }> {
  const rows = await filteredTasks(db, userId, filter).limit(filter.limit + 1).execute() as TaskView[]
  const tasks = rows.slice(0, filter.limit)
  const last = rows.length > filter.limit ? tasks.at(-1) : undefined
  return { tasks, nextCursor: last ? encodePageCursor(last.created_at, last.id) : null }
}

function filteredTasks (db: Db, userId: string, { status, type, model, batchId, q, from, to, order = 'desc', cursor }: TaskFilter) {
  const beyond = order === 'desc' ? sql`<` : sql`>`
  return selectTaskViews(db)
    .where('tasks.user_id', '=', userId)
    .$if(status !== undefined, query => query.where('tasks.status', 'in', status!))
    .$if(type !== undefined, query => query.where('tasks.type', '=', type!))
    .$if(model !== undefined, query => query.where('tasks.model', '=', model!))
    .$if(batchId !== undefined, query => query.where('tasks.batch_id', '=', batchId!))
    .$if(q !== undefined, query => query.where(eb => eb.or([
      eb('tasks.prompt', 'ilike', `%${escapeLike(q!)}%`),
      eb('tasks.id', '=', q!),
      eb('tasks.external_task_id', '=', q!)
    ])))
    .$if(from !== undefined, query => query.where('tasks.created_at', '>=', from!))
    .$if(to !== undefined, query => query.where('tasks.created_at', '<', to!))
    .$if(cursor !== undefined, query => query.where(sql<boolean>`(tasks.created_at, tasks.id) ${beyond} (${cursor!.createdAt}, ${cursor!.id})`))
    .orderBy('tasks.created_at', order)
    .orderBy('tasks.id', order)
}

/** Where a page that begins after this task would begin. The task may have been deleted since. */
export async function findPagePosition (db: Db, userId: string, id: string): Promise<PageCursor | undefined> {
  if (!isVideoId(id)) return undefined
  const row = await db
    .selectFrom('tasks')
    .select(['id', 'created_at'])
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row && { id: row.id, createdAt: row.created_at }
}

export function findAttempt (db: Db, taskId: string, attempt: number): Promise<TaskAttempt | undefined> {
  return db
    .selectFrom('task_attempts')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('attempt', '=', attempt)
    .executeTakeFirst()
}

/** Writes the task, its first attempt, its event (`detail` is in the timeline) and its job, in one statement. The row exists before any upstream hears of it. */
export async function insertTask (trx: Db, task: NewTask, deadlineMs: number, detail: Record<string, unknown> = {}): Promise<Task> {
  const written = await insertWithAttempts(trx, [task], deadlineMs, { [task.id]: detail })
    .with('job', () => submissionJob({ taskId: task.id, attempt: 1 }))
    .selectFrom(['task', 'event'])
    .selectAll()
    .executeTakeFirstOrThrow()
  return await announce(trx, written)
}

/** The same for the tasks of a batch; details by task. Their jobs are due at once and give way to all others. */
export async function insertTasks (trx: Db, tasks: NewTask[], deadlineMs: number, details: Record<string, object>): Promise<void> {
  const written = await insertWithAttempts(trx, tasks, deadlineMs, details)
    .with('job', () => batchSubmissionJobs())
    .selectFrom('task')
    .innerJoin('event', 'event.event_task_id', 'task.id')
    .selectAll()
    .execute()
  await announceAll(trx, written)
}

function insertWithAttempts (trx: Db, tasks: NewTask[], deadlineMs: number, details: Record<string, object>) {
  return trx
    .with('task', query => query.insertInto('tasks').values(tasks).returningAll())
    .with('attempt', query => query
      .insertInto('task_attempts')
      .columns(['task_id', 'attempt', 'state', 'channel_id', 'credential_id', 'deadline_at'])
      .expression(query.selectFrom('task').select(['id', 'attempt', sql<'pending'>`'pending'`.as('state'), 'channel_id', 'credential_id', fromNow(deadlineMs).as('deadline_at')])))
    .with('event', () => statusEvent({}, details))
}

/** The row of the task's current attempt, not yet sent. Its deadline runs from now, by the database's clock. */
export async function insertAttempt (trx: Db, task: Pick<Task, 'id' | 'attempt' | 'channel_id' | 'credential_id'>, deadlineMs: number): Promise<void> {
  await trx
    .insertInto('task_attempts')
    .values({
      task_id: task.id,
      attempt: task.attempt,
      state: 'pending',
      channel_id: task.channel_id,
      credential_id: task.credential_id,
      deadline_at: fromNow(deadlineMs)
    })
    .execute()
}

function fromNow (milliseconds: number) {
  return sql<Date>`now() + ${milliseconds}::float8 * interval '1 millisecond'`
}

function escapeLike (text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { TaskStatus, TaskType } from './statuses.ts'

const NODE_LIMIT = 500
/** A chain of remixes deeper than this is cut: a guard against a cycle, which no writer of ours can make. */
const MAX_DEPTH = 10_000

export interface LineageNode {
  videoId: string
  parentId: string | null
  /** Steps from the root. */
  depth: number
  type: TaskType
  status: TaskStatus
  progress: number
  prompt: string
  model: string
  hasThumbnail: boolean
  createdAt: Date
  errorCode: string | null
  /** A tombstone: the task was deleted, its place in the tree stays. */
  deleted: boolean
}

export interface Lineage { rootId: string, focusId: string, nodes: LineageNode[], nextCursor: string | null }

/** The whole tree a task belongs to, from its topmost ancestor down, by depth. Only ever the owner's own tasks. */
export async function findLineage (db: Db, userId: string, focusId: string): Promise<Lineage> {
  const rootId = await findRoot(db, userId, focusId)
  const { rows } = await sql<LineageNode>`
    with recursive tree as (
      select id, 0 as depth
      from tasks
      where id = ${rootId} and user_id = ${userId}
      union all
      select child.id, tree.depth + 1
      from tasks child
      join tree on child.remix_from = tree.id
      where child.user_id = ${userId} and tree.depth < ${MAX_DEPTH}
    )
    select t.id as "videoId", t.remix_from as "parentId", tree.depth, t.type, t.status, t.prompt, t.model, t.created_at as "createdAt",
      greatest(t.progress, case when t.status = 'PROCESSING' then p.progress end) as progress,
      t.error_code as "errorCode", t.deleted_at is not null as deleted, exists (select from assets a where a.task_id = t.id and a.kind = 'thumbnail') as "hasThumbnail"
    from tree
    join tasks t on t.id = tree.id
    left join task_polls p on p.task_id = t.id and p.attempt = t.attempt
    order by tree.depth, t.created_at, t.id
    limit ${NODE_LIMIT}`.execute(db)
  return { rootId, focusId, nodes: rows, nextCursor: null }
}

async function findRoot (db: Db, userId: string, focusId: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with recursive ancestors as (
      select id, remix_from, 0 as height
      from tasks
      where id = ${focusId} and user_id = ${userId}
      union all
      select parent.id, parent.remix_from, ancestors.height + 1
      from tasks parent
      join ancestors on parent.id = ancestors.remix_from
      where parent.user_id = ${userId} and ancestors.height < ${MAX_DEPTH}
    )
    select id from ancestors order by height desc limit 1`.execute(db)
  return rows[0]?.id ?? focusId
}

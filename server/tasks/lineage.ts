import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../database/tables.ts'
import { encodeLineageCursor, type LineageCursor } from './lineage-cursor.ts'
import type { TaskStatus, TaskType } from './statuses.ts'

export const MAX_NODES = 500
/** How far up a root is looked for: a guard against a cycle, which no writer of ours can make. */
const MAX_HEIGHT = 50_000

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

/** A page of nodes, by depth. */
export interface Lineage {
  /** The topmost ancestor, whatever part of its tree was asked for. */
  rootId: string
  focusId: string
  /** Of the topmost node that was asked for, on this page or an earlier one. */
  topDepth: number
  nodes: LineageNode[]
  nextCursor: string | null
}

export interface LineageQuery {
  /** The focus with what is above it, or with what is below it; without, the whole tree. */
  direction?: 'ancestors' | 'descendants'
  /** So many steps from the focus; from the root when it is the whole tree. */
  depth?: number
  limit: number
  cursor?: LineageCursor
}

/** Where a focus stands in its tree. */
type Place = Pick<LineageCursor, 'focusId' | 'rootId' | 'focusDepth'>

/**
 * The tree a task belongs to, from its topmost ancestor down. Only ever the owner's own tasks.
 * A whole tree is read by an index, however deep it is; what is above or below a focus inside of it takes a step of a recursion for each level.
 * The planner is told to go by index: it takes the size of a tree from the table's average, and a scan of the table at each step of a deep one would never end.
 */
export async function findLineage (db: Db, userId: string, focusId: string, query: LineageQuery): Promise<Lineage> {
  return await db.transaction().execute(async trx => {
    await sql`select set_config(name, 'off', true) from unnest(array['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']) as setting (name)`.execute(trx)
    const place = query.cursor ?? await findPlace(trx, userId, focusId)
    const rows = await findPage(trx, partOf(userId, place, query))
    const nodes = rows.slice(0, query.limit)
    const last = rows.length > query.limit ? nodes.at(-1) : undefined
    return { rootId: place.rootId, focusId, topDepth: topDepth(place, query), nodes, nextCursor: last ? encodeLineageCursor({ ...place, depth: last.depth, id: last.videoId }) : null }
  })
}

async function findPlace (db: Db, userId: string, focusId: string): Promise<Place> {
  const focus = await db.selectFrom('tasks').select(['root_id', 'depth']).where('id', '=', focusId).where('user_id', '=', userId).executeTakeFirst()
  return { focusId, rootId: focus?.root_id ?? focusId, focusDepth: focus?.depth ?? 0 }
}

/** The ids of the page and one more, with their depths. */
function partOf (userId: string, place: Place, query: LineageQuery): RawBuilder<unknown> {
  if (query.direction === 'ancestors') return ancestors(userId, place, query)
  return query.direction === 'descendants' && place.focusId !== place.rootId ? descendants(userId, place, query) : wholeTree(userId, place, query)
}

/** The root, which knows nothing of its tree, and a range of the index by root. */
function wholeTree (userId: string, { rootId }: Place, { depth, limit, cursor }: LineageQuery): RawBuilder<unknown> {
  const after = sql`(${cursor?.depth ?? -1}::int, ${cursor?.id ?? ''}::text)`
  return sql`
    select id, 0 as depth
    from tasks
    where id = ${rootId} and user_id = ${userId} and (0, id) > ${after}
    union all
    (
      select id, depth
      from tasks
      where root_id = ${rootId} and user_id = ${userId} and (depth, id) > ${after} and depth <= ${depth ?? MAX_HEIGHT}::int
      order by depth, id
      limit ${limit + 1}
    )
    order by depth, id
    limit ${limit + 1}`
}

/** From the focus to its parent, and so on. */
function climb (userId: string, focusId: string, maxHeight = MAX_HEIGHT): RawBuilder<unknown> {
  return sql`
      select id, remix_from, 0 as height
      from tasks
      where id = ${focusId} and user_id = ${userId}
      union all
      select parent.id, parent.remix_from, climb.height + 1
      from climb
      join tasks parent on parent.id = climb.remix_from and parent.user_id = ${userId}
      where climb.height < ${maxHeight}::int and parent.id <> ${focusId}`
}

function topDepth ({ focusDepth }: Place, { direction, depth = MAX_HEIGHT }: LineageQuery): number {
  if (direction === undefined) return 0
  return direction === 'descendants' ? focusDepth : Math.max(0, focusDepth - depth)
}

function ancestors (userId: string, { focusId, focusDepth }: Place, { depth, limit, cursor }: LineageQuery): RawBuilder<unknown> {
  return sql`
    with recursive climb as (${climb(userId, focusId, depth)})
    select id, ${focusDepth}::int - height as depth
    from climb
    where ${focusDepth}::int - height > ${cursor?.depth ?? -1}::int
    order by height desc
    limit ${limit + 1}`
}

/**
 * Level by level, and none below the one that fills the page: `found` counts what was found of it so far.
 * Never the start again: everything has one parent, so only through the start could a walk go round.
 */
function descendants (userId: string, { focusId, focusDepth }: Place, { depth, limit, cursor }: LineageQuery): RawBuilder<unknown> {
  const maxDepth = depth === undefined ? null : focusDepth + depth
  const after = { depth: cursor?.depth ?? -1, id: cursor?.id ?? '' }
  return sql`
    with recursive tree as (
      select id, ${focusDepth}::int as depth, 1::bigint as found
      from tasks
      where id = ${focusId} and user_id = ${userId}
      union all
      select child.id, tree.depth + 1, tree.found + count(*) filter (where (tree.depth + 1, child.id) > (${after.depth}::int, ${after.id}::text)) over ()
      from tree
      join tasks child on child.remix_from = tree.id and child.user_id = ${userId}
      where child.id <> ${focusId} and tree.found <= ${limit + 1}::int and tree.depth < coalesce(${maxDepth}::int, tree.depth + 1)
    )
    select id, depth
    from tree
    where (depth, id) > (${after.depth}::int, ${after.id}::text)
    order by depth, id
    limit ${limit + 1}`
}

async function findPage (db: Db, page: RawBuilder<unknown>): Promise<LineageNode[]> {
  const { rows } = await sql<LineageNode>`
    select t.id as "videoId", case when page.depth > 0 then t.remix_from end as "parentId", page.depth, t.type, t.status, t.prompt, t.model, t.created_at as "createdAt",
      greatest(t.progress, case when t.status = 'PROCESSING' then p.progress end) as progress,
      t.error_code as "errorCode", t.deleted_at is not null as deleted, exists (select from assets a where a.task_id = t.id and a.kind = 'thumbnail') as "hasThumbnail"
    from (${page}) page
    join tasks t on t.id = page.id
    left join task_polls p on p.task_id = t.id and p.attempt = t.attempt
    order by page.depth, page.id`.execute(db)
  return rows
}

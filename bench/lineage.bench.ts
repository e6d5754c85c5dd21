import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import { createDatabase } from '../server/database/connect.ts'
import type { Db } from '../server/database/tables.ts'
import { decodeLineageCursor, type LineageCursor } from '../server/tasks/lineage-cursor.ts'
import { findLineage, MAX_NODES, type Lineage } from '../server/tasks/lineage.ts'
import { startPostgres, type BenchPostgres } from './support/postgres.ts'

const NODES = 10_000
const OTHER_TASKS = 40_000
const ROUNDS = 30
const SHAPES = { 'a chain': 'n - 1', 'all of one source': '1', 'three of each': '(n + 2) / 3' }

/** Pages of 500 of trees of 10,000 videos, beside 500 rows of the same table by their ids. */
export async function run (): Promise<void> {
  const postgres = await startPostgres()
  const db = createDatabase(await postgres.createDatabase(), 2)
  try {
    const userId = await prepare(db)
    for (const parent of Object.values(SHAPES)) await grow(db, userId, parent)
    // Not vacuumed: as it is right after a tree was made.
    const bare = await take(postgres, () => sql`select * from tasks where id = any(array(select ${idOf('n', '1')} from generate_series(1, ${MAX_NODES}::int) n))`.execute(db))
    console.log(`  500 rows by id                        ${inMs(bare)}`)
    for (const [shape, parent] of Object.entries(SHAPES)) await report(postgres, db, { userId, shape, parent, bare })
    await reportWalks(postgres, db, userId)
  } finally {
    await db.destroy()
    await postgres.stop()
  }
}

async function report (postgres: BenchPostgres, db: Db, { userId, shape, parent, bare }: { userId: string, shape: string, parent: string, bare: Taken }): Promise<void> {
  for (const [place, n] of [['root', 1], ['last', NODES]] as const) {
    const { rows: [row] } = await sql<{ id: string }>`select ${idOf(String(n), parent)} as id`.execute(db)
    const focusId = row!.id
    let page: Lineage | undefined
    const first = await take(postgres, () => findLineage(db, userId, focusId, { limit: MAX_NODES }))
    let cursor: LineageCursor | undefined
    for (let pages = 1; pages < NODES / MAX_NODES; pages++) {
      page = await findLineage(db, userId, focusId, { limit: MAX_NODES, cursor })
      cursor = decodeLineageCursor(page.nextCursor!, focusId)
    }
    const last = await take(postgres, () => findLineage(db, userId, focusId, { limit: MAX_NODES, cursor }))
    console.log(`  ${`${shape}, from its ${place}`.padEnd(36)}  ${inMs(first)} first page, ${inMs(last)} last; ${(first.cpu / bare.cpu).toFixed(1)} and ${(last.cpu / bare.cpu).toFixed(1)} × 500 rows by id`)
  }
}

/** What is above or below a focus takes a step for each level: the longest way there is. */
async function reportWalks (postgres: BenchPostgres, db: Db, userId: string): Promise<void> {
  const [chain] = Object.values(SHAPES) as [string]
  for (const [direction, n] of [['ancestors', NODES], ['descendants', 2]] as const) {
    const { rows: [row] } = await sql<{ id: string }>`select ${idOf(String(n), chain)} as id`.execute(db)
    const focusId = row!.id
    // The last page, at the end of the walk; the one of the ancestors is the first.
    const cursor = { focusId, rootId: '', focusDepth: n - 1, depth: NODES - MAX_NODES, id: '' }
    const taken = await take(postgres, () => findLineage(db, userId, focusId, { limit: MAX_NODES, direction, ...direction === 'descendants' && { cursor } }))
    console.log(`  ${`${direction}, chain, of number ${n}`.padEnd(36)}  ${inMs(taken)}`)
  }
}

async function prepare (db: Db): Promise<string> {
  const { id } = await db.insertInto('users').values({ username: 'bench', password_hash: '-', role: 'user' }).returning('id').executeTakeFirstOrThrow()
  await sql`insert into channels (id, name, type, base_url) values ('bench', 'bench', 'openai', 'http://127.0.0.1')`.execute(db)
  await sql`
    insert into tasks (id, user_id, status, stage, channel_id, model, prompt)
    select 'video_other_' || n, ${id}, 'COMPLETED', 'completed', 'bench', 'm', repeat('a prompt of some length ', 10)
    from generate_series(1, ${OTHER_TASKS}::int) n`.execute(db)
  return id
}

/** A tree whose nth video, counted from 1, was made from the one that `parent` computes from `n`. */
async function grow (db: Db, userId: string, parent: string): Promise<void> {
  await sql`
    insert into tasks (id, user_id, status, stage, channel_id, model, prompt, metadata)
    select ${idOf('n', parent)}, ${userId}, 'COMPLETED', 'completed', 'bench', 'm', repeat('a prompt of some length ', 10),
      case when n = 1 then '{}' else jsonb_build_object('type', 'remix', 'remix_from', ${idOf(parent, parent)}, 'remix_from_external', 'video_external') end
    from generate_series(1, ${NODES}::int) n`.execute(db)
}

function idOf (n: string, parent: string) {
  return sql`'video_1' || lpad((${sql.raw(n)})::text, 12, '0') || '_' || ${Object.values(SHAPES).indexOf(parent)}::text`
}

interface Taken { median: number, cpu: number }

/** How long it takes, and Postgres' processor time, which other work on the machine does not change. */
async function take (postgres: BenchPostgres, work: () => Promise<unknown>): Promise<Taken> {
  await work()
  const times: number[] = []
  const before = postgres.cpuSeconds()
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    await work()
    times.push(performance.now() - begun)
  }
  return { median: times.toSorted((a, b) => a - b)[ROUNDS / 2]!, cpu: (postgres.cpuSeconds() - before) * 1000 / ROUNDS }
}

function inMs ({ median, cpu }: Taken): string {
  return `${cpu.toFixed(1).padStart(5)} ms CPU (median ${median.toFixed(1)})`
}

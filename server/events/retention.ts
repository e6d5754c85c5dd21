import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { LogPosition } from './event-log.ts'

const HORIZON = 'feed:horizon'
/** Deleted in one transaction: short locks, and no long one for the feed's xmin to wait for. */
const BATCH = 5_000

/** Up to which place the log was pruned: a cursor before it has lost events. */
export async function findHorizon (db: Db): Promise<LogPosition | undefined> {
  const row = await db.selectFrom('instance_settings').select('value').where('key', '=', HORIZON).executeTakeFirst()
  return row?.value as LogPosition | undefined
}

/** Removes events older than `days`, batch by batch, and moves the horizon along in the same transactions. Answers with how many. */
export async function pruneEvents (db: Db, days: number): Promise<number> {
  let pruned = 0
  for (let count = BATCH; count === BATCH;) {
    count = await db.transaction().execute(trx => pruneBatch(trx, days))
    pruned += count
  }
  return pruned
}

async function pruneBatch (trx: Db, days: number): Promise<number> {
  const { rows } = await sql<{ count: number, xid: string | null, id: string | null }>`
    with old as (
      select id
      from task_events
      where created_at < now() - ${days} * interval '1 day'
      order by xid, id
      limit ${BATCH}
    ), gone as (
      delete from task_events e using old where e.id = old.id
      returning e.xid, e.id
    )
    select count(*)::int as count, (array_agg(xid::text order by xid desc, id desc))[1] as xid, (array_agg(id::text order by xid desc, id desc))[1] as id
    from gone`.execute(trx)
  const { count, xid, id } = rows[0]!
  if (xid !== null && id !== null) await moveHorizon(trx, { xid, id })
  return count
}

async function moveHorizon (trx: Db, horizon: LogPosition): Promise<void> {
  const value = JSON.stringify(horizon)
  await trx
    .insertInto('instance_settings')
    .values({ key: HORIZON, value })
    .onConflict(conflict => conflict.column('key').doUpdateSet({ value, updated_at: sql`now()` }))
    .execute()
}

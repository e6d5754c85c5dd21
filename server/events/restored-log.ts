import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'

/**
 * Makes a log that came from another cluster, by pg_dump, readable here: transaction ids begin anew there, and events
 * with ids yet to come would never be settled. What cannot be of this cluster goes to the beginning, in its old
 * order; nobody holds a cursor of it, because the feed's epoch is another one. Answers with how many events were moved.
 */
export async function adoptRestoredLog (db: Db): Promise<number> {
  return await db.transaction().execute(async trx => {
    // Whatever a snapshot shows was written before its xmax was given out. `kind` for the index.
    const moved = await trx
      .updateTable('task_events')
      .set({ xid: '0' })
      .where('kind', '<>', 'note')
      .where(sql<boolean>`xid >= pg_snapshot_xmax(pg_current_snapshot())`)
      .executeTakeFirst()
    await sql`delete from instance_settings where key = 'feed:horizon' and (value ->> 'xid')::xid8 >= pg_snapshot_xmax(pg_current_snapshot())`.execute(trx)
    return Number(moved.numUpdatedRows)
  })
}

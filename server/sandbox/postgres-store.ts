import { sql, type Selectable } from 'kysely'
import type { Db, SandboxJobsTable } from '../database/tables.ts'
import type { Behaviour } from './behaviour.ts'
import type { Dialect, Job, JobRequest } from './job.ts'
import type { ListQuery, SandboxStore } from './store.ts'

/** Jobs in the table `sandbox_jobs`: every process of the installation sees the same ones. */
export function createPostgresStore (db: Db): SandboxStore {
  return {
    async insert (job) {
      const inserted = await insertJob(db, job)
      return inserted ?? await findJob(db, job.id) ?? job
    },
    find: id => findJob(db, id),
    list: query => listJobs(db, query),
    async cancel (id, at) {
      await db
        .updateTable('sandbox_jobs')
        .set({ cancelled_at: at })
        .where('id', '=', id)
        .where('cancelled_at', 'is', null)
        .execute()
    },
    async remove (id) {
      await db
        .updateTable('sandbox_jobs')
        .set({ request: sql`request || '{"removed": true}'` })
        .where('id', '=', id)
        .execute()
    },
    async ledger () {
      const rows = await db
        .selectFrom('sandbox_jobs')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(asJob)
    },
    async clear () {
      await db.deleteFrom('sandbox_jobs').execute()
    }
  }
}

async function insertJob (db: Db, job: Job): Promise<Job | undefined> {
  const row = await db
    .insertInto('sandbox_jobs')
    .values({ ...job, request: JSON.stringify(job.request), behaviour: JSON.stringify(job.behaviour) })
    .onConflict(conflict => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst()
  return row && asJob(row)
}

async function findJob (db: Db, id: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom('sandbox_jobs')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && asJob(row)
}

async function listJobs (db: Db, { limit, after, order }: ListQuery): Promise<Job[]> {
  const beyond = sql`(created_at, id) ${sql.raw(order === 'asc' ? '>' : '<')} (select created_at, id from sandbox_jobs where id = ${after ?? null})`
  const rows = await db
    .selectFrom('sandbox_jobs')
    .selectAll()
    .where('dialect', '=', 'openai')
    .where(sql<boolean>`not (request ? 'removed')`)
    .$if(after !== undefined, query => query.where(sql<boolean>`${beyond}`))
    .orderBy('created_at', order)
    .orderBy('id', order)
    .limit(limit)
    .execute()
  return rows.map(asJob)
}

/** The table knows the shapes of neither jsonb column; this file is the only one that writes them. */
function asJob (row: Selectable<SandboxJobsTable>): Job {
  return {
    ...row,
    dialect: row.dialect as Dialect,
    request: row.request as unknown as JobRequest,
    behaviour: row.behaviour as Behaviour
  }
}

import { MigrationError } from './error.ts'
import type { MigrationFile } from './files.ts'

/** How a connection or a pool is asked. */
export type Query = (text: string, values?: string[]) => Promise<{ rows: object[] }>

export interface AppliedMigration {
  name: string
  checksum: string
  started_at: Date
  /** Null while a file outside a transaction runs, or after it was interrupted. */
  finished_at: Date | null
}

export interface Drift { file: string, message: string }

/** The qualified name of the table, found or yet to be made: a migration may change search_path. */
export async function historyTable (query: Query): Promise<{ name: string, exists: boolean }> {
  const { rows: [row] } = await query(`
    select quote_ident(coalesce(n.nspname, current_schema())) || '.schema_migrations' as name, c.oid is not null as exists
    from (select to_regclass('schema_migrations') as oid) as found
    left join pg_class c on c.oid = found.oid
    left join pg_namespace n on n.oid = c.relnamespace`)
  const { name, exists } = row as { name: string | null, exists: boolean }
  if (name === null) throw new MigrationError('DATABASE_ERROR', 'The search_path of this user names no schema that exists')
  return { name, exists }
}

export async function createHistoryTable (query: Query): Promise<string> {
  const { name, exists } = await historyTable(query)
  if (exists) return name
  await query(`
    create table ${name} (
      name         text         primary key,
      checksum     text         not null,
      started_at   timestamptz  not null default now(),
      finished_at  timestamptz
    )`)
  return name
}

export async function readHistory (query: Query): Promise<AppliedMigration[]> {
  const { name, exists } = await historyTable(query)
  if (!exists) return []
  const { rows } = await query(`select name, checksum, started_at, finished_at from ${name} order by name`)
  return rows as AppliedMigration[]
}

/** Files that are still to be applied, an interrupted one included, in order. */
export function pendingFiles (files: MigrationFile[], applied: AppliedMigration[]): MigrationFile[] {
  const finished = new Set(applied.filter(row => row.finished_at).map(row => row.name))
  return files.filter(file => !finished.has(file.name))
}

/** Where files and history tell different stories. */
export function findDrift (files: MigrationFile[], applied: AppliedMigration[]): Drift[] {
  const byName = new Map(files.map(file => [file.name, file]))
  const finished = applied.filter(row => row.finished_at)
  const newest = finished.at(-1)?.name ?? ''
  return [
    ...applied.filter(row => !byName.has(row.name)).map(row => ({
      file: row.name, message: `${row.name} was applied but is missing from the migrations folder`
    })),
    ...finished.filter(row => byName.has(row.name) && byName.get(row.name)!.checksum !== row.checksum).map(row => ({
      file: row.name, message: `${row.name} was edited after it was applied: restore it, and put the change into a new migration`
    })),
    ...pendingFiles(files, applied).filter(file => file.name < newest).map(file => ({
      file: file.name, message: `${file.name} is out of order: ${newest} was applied already, so give it a higher number`
    }))
  ]
}

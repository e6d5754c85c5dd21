import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MigrationError } from './error.ts'

export const MIGRATIONS_DIR = join(import.meta.dirname, '..', '..', '..', 'migrations')

export interface MigrationFile {
  /** `0001_create_accounts.sql` */
  name: string
  sql: string
  checksum: string
  /** False for a file whose first line is `-- no-transaction`. */
  transactional: boolean
}

const NAME = /^\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql$/

/** Reads a folder of migrations in their order. Throws MigrationError on a name out of the pattern or a number used twice. */
export function readMigrations (folder: string): MigrationFile[] {
  const names = readdirSync(folder).filter(name => /\.sql$/i.test(name)).sort()
  names.forEach((name, index) => {
    if (!NAME.test(name)) throw new MigrationError('FILES_INVALID', `${name}: a migration is named NNNN_verb_object.sql, in lower case`, { file: name })
    const previous = names[index - 1]
    if (previous?.slice(0, 4) === name.slice(0, 4)) throw new MigrationError('FILES_INVALID', `${name}: number ${name.slice(0, 4)} is used twice, also by ${previous}`, { file: name })
  })
  return names.map(name => readMigration(folder, name))
}

function readMigration (folder: string, name: string): MigrationFile {
  // A checkout with CRLF, or an editor's byte order mark, is no edit.
  const sql = readFileSync(join(folder, name), 'utf8').replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  return {
    name,
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    transactional: !/^--\s*no-transaction\b/i.test(sql)
  }
}

/** The name for the next file of a folder. */
export function nextName (folder: string, title: string): string {
  const words = title.toLowerCase().replace(/\.sql$/, '').split(/[^a-z0-9]+/).filter(Boolean)
  if (words.length === 0) throw new MigrationError('FILES_INVALID', 'a migration needs a name of letters and digits, such as add_tasks_priority')
  const last = readMigrations(folder).at(-1)?.name.slice(0, 4) ?? '0000'
  return `${String(Number(last) + 1).padStart(4, '0')}_${words.join('_')}.sql`
}

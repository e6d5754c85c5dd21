import type pg from 'pg'
import { isDatabaseUnavailable } from '../availability.ts'
import { clearLeftoverIndex } from './concurrent-index.ts'
import { resetSession } from './connection.ts'
import { MigrationError } from './error.ts'
import type { MigrationFile } from './files.ts'
import { lineAt, splitStatements, type Statement } from './sql-statements.ts'

const TRANSACTION_CONTROL = /^(?:begin|start\s+transaction|commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i

/** Applies one file and writes down that it did. `table` is the history's qualified name. */
export async function applyMigration (client: pg.Client, file: MigrationFile, table: string): Promise<void> {
  const statements = readStatements(file)
  await (file.transactional ? applyInTransaction : applyOneByOne)(client, file, statements, table)
  await resetSession(client)
}

function readStatements (file: MigrationFile): Statement[] {
  const statements = splitStatements(file.sql)
  const control = statements.find(({ text }) => TRANSACTION_CONTROL.test(text))
  if (control) throw misplaced(file, control.line, 'the runner begins and ends the transaction itself; for statements that cannot run in one, make "-- no-transaction" the first line')
  if (statements.length === 0) throw misplaced(file, 1, 'there is no statement in this file')
  return statements
}

function misplaced ({ name }: MigrationFile, line: number, message: string): MigrationError {
  return new MigrationError('FILES_INVALID', `${name}:${line}: ${message}`, { file: name, line })
}

async function applyInTransaction (client: pg.Client, file: MigrationFile, statements: Statement[], table: string): Promise<void> {
  await client.query('begin')
  try {
    for (const statement of statements) await run(client, file, statement)
    await client.query(`insert into ${table} (name, checksum, finished_at) values ($1, $2, clock_timestamp())`, [file.name, file.checksum])
    // Deferred constraints are checked here.
    await run(client, file, { text: 'commit', line: statements.at(-1)!.line })
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** Every statement commits by itself, so a row without `finished_at` tells the next run that this file was begun. */
async function applyOneByOne (client: pg.Client, file: MigrationFile, statements: Statement[], table: string): Promise<void> {
  const begun = await client.query(`select from ${table} where name = $1`, [file.name])
  await client.query(`
    insert into ${table} (name, checksum) values ($1, $2)
    on conflict (name) do update set checksum = excluded.checksum, started_at = now()`, [file.name, file.checksum])
  for (const statement of statements) {
    const standsAlready = await clearLeftoverIndex(client, statement.text)
    if (standsAlready && begun.rowCount) continue
    await run(client, file, statement)
  }
  await client.query(`update ${table} set finished_at = clock_timestamp() where name = $1`, [file.name])
}

async function run (client: pg.Client, { name: file }: MigrationFile, statement: Statement): Promise<void> {
  try {
    await client.query(statement.text)
  } catch (cause) {
    const { position, detail: more, message } = cause as pg.DatabaseError
    const code = isDatabaseUnavailable(cause) ? 'DATABASE_UNREACHABLE' : 'STATEMENT_FAILED'
    const line = statement.line + lineAt(statement.text, offset(statement.text, position)) - 1
    const detail = more ? ` (${more})` : ''
    throw new MigrationError(code, `${file}:${line}: ${message}${detail}`, { file, line, cause })
  }
}

/** Postgres counts characters from 1. */
function offset (text: string, position: string | undefined): number {
  return position ? [...text].slice(0, Number(position) - 1).join('').length : 0
}

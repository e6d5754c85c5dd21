import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { serverUrl, TEMPLATE, withDatabase } from './test-server.ts'

interface Test { teardown (handler: () => unknown): void }

/** A fresh clone of the migrated database, dropped when the test ends. Register it before what connects to it: teardowns run in reverse. */
export function createTestDatabase (t: Test): Promise<string> {
  return createDatabaseFrom(t, TEMPLATE)
}

/** A database with nothing in it. */
export function createEmptyDatabase (t: Test): Promise<string> {
  return createDatabaseFrom(t, 'template0')
}

async function createDatabaseFrom (t: Test, template: string): Promise<string> {
  const name = `reelay_test_${randomBytes(6).toString('hex')}`
  await administer(`create database ${name} template ${template} strategy file_copy`)
  t.teardown(() => administer(`drop database if exists ${name} with (force)`))
  return withDatabase(serverUrl(), name)
}

/** One statement that belongs to no database. */
export async function administer (statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() })
  // A server that is stopped under us (a run cut short) is not the test's failure.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

// A server as far as its database goes: holds the embedded Postgres of the folder in argv until it is killed.
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.ts'
import { silentLog } from '../support/silent-log.ts'

try {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2]!, log: silentLog })
  console.log(JSON.stringify({ pid: postgres.pid() }))
  setInterval(() => {}, 60_000)
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }))
  process.exitCode = 1
}

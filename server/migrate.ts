import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { loadDatabaseConfig } from './config.ts'
import { borrowEmbeddedPostgres } from './database/embedded-postgres.ts'
import { MIGRATIONS_DIR, nextName } from './database/migrations/files.ts'
import { type MigrationStatus, migrateUp, migrationStatus } from './database/migrator.ts'
import type { Log } from './log.ts'
import { UsageError } from './usage-error.ts'

const USAGE = `Usage: npm run migrate -- [command] [--json]

  up           apply what is pending, pg-boss' schema included (the default)
  status       show every migration and whether it is applied
  verify       fail when applied migrations were edited, are missing, or are out of order
  new <name>   create the next numbered file in migrations/

  --json       one JSON object on standard output
  --dir        another folder of migrations

Database: DATABASE_URL, or the embedded one in DATA_DIR.
Exit codes: 0 done, 1 failed, 2 wrong usage.`

/** What a command did: lines for a person, an object for a script. */
interface Report { lines: string[], data: object, failed?: boolean }

interface Arguments { folder: string, name: string | undefined }

const COMMANDS: Readonly<Record<string, (args: Arguments) => Promise<Report>>> = { up, status, verify, new: create }

async function up ({ folder }: Arguments): Promise<Report> {
  const { applied, pgBoss } = await withDatabase(url => migrateUp(url, { folder, log: progress }))
  const upToDate = applied.length === 0 && pgBoss.from === pgBoss.to
  const lines = applied.map(name => `applied  ${name}`)
  if (pgBoss.from !== pgBoss.to) lines.push(`applied  pg-boss schema ${pgBoss.to}`)
  return { lines: upToDate ? ['already up to date'] : lines, data: { upToDate, applied, pgBoss } }
}

async function status ({ folder }: Arguments): Promise<Report> {
  const status = await withDatabase(url => migrationStatus(url, { folder }))
  const { migrations, pgBoss, drift } = status
  const lines = migrations.map(({ name, state, appliedAt }) => `${state.padEnd(12)} ${name}${appliedAt ? `  ${appliedAt.toISOString()}` : ''}`)
  lines.push(`${isBossCurrent(status) ? 'applied' : 'pending'}      pg-boss schema ${pgBoss.installed ?? '-'} of ${pgBoss.wanted}`)
  return { lines: [...lines, ...drift.map(({ message }) => `drift        ${message}`)], data: status }
}

async function verify ({ folder }: Arguments): Promise<Report> {
  const status = await withDatabase(url => migrationStatus(url, { folder }))
  const { migrations, drift } = status
  const pending = migrations.filter(({ state }) => state !== 'applied').map(({ name }) => name)
  const applied = migrations.length - pending.length
  const lines = drift.length > 0 ? drift.map(({ message }) => message) : [`${applied} applied migrations match their files; ${pending.length} pending`]
  return { lines, data: { drift, applied, pending, pgBoss: status.pgBoss }, failed: drift.length > 0 }
}

async function create ({ folder, name }: Arguments): Promise<Report> {
  if (!name) throw new UsageError('new needs a name, such as: new add_tasks_priority')
  const file = join(folder, nextName(folder, name))
  writeFileSync(file, `-- ${name}\n`, { flag: 'wx' })
  return { lines: [`created  ${relative('', file)}`], data: { file } }
}

function isBossCurrent ({ pgBoss }: MigrationStatus): boolean {
  return (pgBoss.installed ?? 0) >= pgBoss.wanted
}

async function withDatabase<T> (use: (url: string) => Promise<T>): Promise<T> {
  const { DATABASE_URL, DATA_DIR } = loadDatabaseConfig()
  if (DATABASE_URL) return use(DATABASE_URL)
  const embedded = await borrowEmbeddedPostgres({ dataDir: DATA_DIR, log: progress })
  // Interrupted, we still stop what we started; Postgres rolls back what is open.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => embedded.stop().finally(() => process.exit(1)))
  try {
    return await use(embedded.connectionString())
  } finally {
    await embedded.stop()
  }
}

/** Standard output is for the result; what takes time is told on the side. */
const progress: Log = {
  debug: () => {},
  info: (_details, message) => { if (message?.startsWith('Waiting')) console.error(message) },
  warn: (_details, message) => console.error(message),
  error: (_details, message) => console.error(message)
}

function readArguments () {
  try {
    const { values, positionals: [command = 'up', name, ...rest] } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' }, dir: { type: 'string', default: MIGRATIONS_DIR } }
    })
    const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
    if (!run) throw new UsageError(`unknown command "${command}"`)
    if (rest.length > 0 || (name && run !== create)) throw new UsageError(`too many arguments for "${command}"`)
    return { command, run, json: values.json, help: values.help, args: { folder: values.dir, name } }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function main (): Promise<number> {
  const { command, run, json, help, args } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  try {
    const { lines, data, failed = false } = await run(args)
    console.log(json ? JSON.stringify({ ok: !failed, command, ...data }) : lines.join('\n'))
    return failed ? 1 : 0
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { message, code, file, line } = error as Error & { code?: string, file?: string, line?: number }
    if (json) console.log(JSON.stringify({ ok: false, command, error: { code, message, file, line } }))
    else console.error(`migrate: ${message.replace(/\s*\n\s*/g, ' ')}`)
    return 1
  }
}

process.exitCode = await main().catch(error => {
  console.error(`migrate: ${(error as Error).message}\n\n${USAGE}`)
  return 2
})

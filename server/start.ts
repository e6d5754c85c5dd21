import closeWithGrace from 'close-with-grace'
import { ensureFirstAdmin, type FirstAdmin } from './accounts/first-admin.ts'
import { buildApp, type AppOptions } from './app.ts'
import { listChannels } from './channels/channel-repository.ts'
import { ConfigError, loadConfig, type Config } from './config.ts'
import { EmbeddedPostgresError, startEmbeddedPostgres, type EmbeddedPostgres } from './database/embedded-postgres.ts'
import { armFailpoints } from './failpoints.ts'
import { listen } from './listen.ts'
import { createLog } from './log.ts'
import { migrateUp } from './database/migrator.ts'
import { MigrationError } from './database/migrations/error.ts'
import { awaitSchema } from './waiting-room.ts'

/** In-flight requests finish, streams are told, jobs go back to the queue: all within this (DESIGN §11). */
const CLOSE_MS = 14_500

/** Errors an operator can act on: one line, no stack. */
const EXPLAINED = [ConfigError, EmbeddedPostgresError, MigrationError]

/** The process: config → database → app → listen, and a graceful close on a signal. Ends the process when it cannot start. */
export function start (options: Pick<AppOptions, 'webhookEgress'> = {}): Promise<void> {
  return run(options).catch(error => {
    const explained = EXPLAINED.some(type => error instanceof type)
    console.error(explained ? `reelay: ${error.message}` : error)
    process.exit(1)
  })
}

async function run (options: Pick<AppOptions, 'webhookEgress'>): Promise<void> {
  const config = loadConfig()
  armFailpoints(config.FAILPOINT)
  const log = createLog(config.LOG_LEVEL)
  const postgres = config.DATABASE_URL ? undefined : await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log })
  try {
    await serve(config, { log, ...options }, postgres)
  } catch (error) {
    await postgres?.stop()
    throw error
  }
}

async function serve (config: Config, options: Omit<AppOptions, 'databaseUrl'>, postgres: EmbeddedPostgres | undefined): Promise<void> {
  const { log } = options
  const databaseUrl = config.DATABASE_URL ?? postgres!.connectionString()
  if (config.MIGRATE_ON_START) await migrateUp(databaseUrl, { log })
  else await awaitSchema(config, { databaseUrl, log, stop: async () => postgres?.stop() })
  const app = await buildApp(config, { databaseUrl, ...options })
  const firstAdmin = await ensureFirstAdmin(app.db, config)
  closeWithGrace({ delay: CLOSE_MS, logger: log }, async ({ err }) => {
    if (err) {
      log.error({ err }, 'stopping after an error nobody caught')
      app.workers?.crash()
    }
    await app.close()
    // Last: everything above still needed it.
    await postgres?.stop()
  })
  const address = await listen(app, config).catch(error => {
    // The next start finds the account and would never say its password.
    if (firstAdmin?.generatedPassword) console.log(accountLine(firstAdmin))
    throw error
  })
  const simulated = app.upstreams.sandboxServes && (await listChannels(app.db)).length === 0
  console.log(welcome(address, config, firstAdmin, simulated))
}

function accountLine ({ username, generatedPassword }: FirstAdmin): string {
  if (generatedPassword) return `  First account: ${username} / ${generatedPassword}   (shown only now)`
  return `  First account: ${username}, with the password of ADMIN_PASSWORD`
}

/** What a person at the terminal wants to know. */
function welcome (address: string, config: Config, firstAdmin: FirstAdmin | undefined, simulated: boolean): string {
  const lines = [
    '',
    `  Reelay is ready at ${config.PUBLIC_URL ?? address}   (API reference: ${address}/docs)`
  ]
  if (firstAdmin) lines.push(accountLine(firstAdmin))
  if (simulated) lines.push('  No channel is configured: the sandbox provider serves, its videos are simulated and free')
  return [...lines, ''].join('\n')
}

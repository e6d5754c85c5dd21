import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify'
import errorHandlerPlugin from '../plugins/error-handler.ts'
import localePlugin from '../plugins/locale.ts'
import healthRoutes from '../routes/health.ts'
import type { Config } from './config.ts'
import { createDatabase } from './database/connect.ts'
import { hasSchema, listPendingMigrations } from './database/migrator.ts'
import type { Db } from './database/tables.ts'
import { ReelayError } from './errors.ts'
import { listen } from './listen.ts'

const LOOK_MS = 1_000

interface WaitingOptions { databaseUrl: string, log: FastifyBaseLogger, stop: () => Promise<unknown> }

/**
 * For MIGRATE_ON_START=false: while the database was never migrated nothing can be served, and a process that ends
 * would be started again and again. Until then /health and /ready answer in its place, and all else is told to come again.
 * `stop` is called where a signal ends the process.
 */
export async function awaitSchema (config: Config, { databaseUrl, log, stop }: WaitingOptions): Promise<void> {
  if (await hasSchema(databaseUrl)) return
  const db = createDatabase(databaseUrl, 2)
  const app = buildWaitingRoom(config, db, log)
  app.addHook('onClose', () => db.destroy())
  const signals = closeWithGrace({ logger: log }, async () => {
    await app.close()
    await stop()
  })
  try {
    const address = await listen(app, config)
    console.log(`  Reelay waits at ${address} until the database is migrated: npm run migrate`)
    // The whole of it: what is half migrated serves nobody.
    while (await isPending(db)) await sleep(LOOK_MS)
  } finally {
    await app.close()
    signals.uninstall()
  }
}

function buildWaitingRoom (config: Config, db: Db, log: FastifyBaseLogger) {
  const app = Fastify({ loggerInstance: log, logController: new LogController({ disableRequestLogging: true }), forceCloseConnections: true })
  app.decorate('config', config)
  app.decorate('db', db)
  app.decorate('readiness', () => ({}))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (request.is404) throw new ReelayError('DATABASE_UNAVAILABLE', { retryAfterSeconds: 5 })
  })
  app.register(localePlugin)
  app.register(errorHandlerPlugin)
  app.register(healthRoutes)
  return app
}

/** While Postgres is away, whatever was missing is. */
async function isPending (db: Db): Promise<boolean> {
  return (await listPendingMigrations(db).catch(() => ['unknown'])).length > 0
}

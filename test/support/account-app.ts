import Fastify, { type FastifyInstance } from 'fastify'
import authPlugin from '../../plugins/auth.ts'
import closingPlugin from '../../plugins/closing.ts'
import databasePlugin from '../../plugins/database.ts'
import errorHandlerPlugin, { createFrameworkErrors } from '../../plugins/error-handler.ts'
import localePlugin from '../../plugins/locale.ts'
import validationPlugin from '../../plugins/validation.ts'
import authRoutes from '../../routes/api/auth.ts'
import keysRoutes from '../../routes/api/keys.ts'
import usersRoutes from '../../routes/api/users.ts'
import { loadConfig } from '../../server/config.ts'
import { createTestDatabase } from './database.ts'

interface Test { teardown (handler: () => unknown): void }

export const SECRETS = { jwt: Buffer.alloc(32, 'j'), encryption: Buffer.alloc(32, 'e') }

interface AppOptions {
  env?: NodeJS.ProcessEnv
  databaseUrl?: string
  /** Routes of the test's own. */
  routes?: (app: FastifyInstance) => Promise<void>
  logger?: object
}

/** The plugins about accounts and errors, and no others. */
export async function buildAccountApp (t: Test, { env = {}, databaseUrl, routes, logger }: AppOptions = {}): Promise<FastifyInstance> {
  const url = databaseUrl ?? await createTestDatabase(t)
  const config = loadConfig(env)
  const app = Fastify({ logger: logger ?? false, frameworkErrors: createFrameworkErrors(config.DEFAULT_LOCALE) })
  t.teardown(() => app.close())
  app.decorate('config', config)
  app.decorate('secrets', SECRETS)
  await app.register(localePlugin)
  await app.register(errorHandlerPlugin)
  await app.register(closingPlugin)
  await app.register(validationPlugin)
  await app.register(databasePlugin, { databaseUrl: url })
  await app.register(authPlugin)
  await app.register(authRoutes, { prefix: '/api/auth' })
  await app.register(keysRoutes, { prefix: '/api/keys' })
  await app.register(usersRoutes, { prefix: '/api/users' })
  if (routes) await app.register(routes)
  return app
}

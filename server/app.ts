import { randomUUID } from 'node:crypto'
import fastifyMultipart from '@fastify/multipart'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify'
import authPlugin from '../plugins/auth.ts'
import bossPlugin from '../plugins/boss.ts'
import { createBrokenRequests } from '../plugins/broken-requests.ts'
import closingPlugin from '../plugins/closing.ts'
import consolePlugin from '../plugins/console.ts'
import databasePlugin from '../plugins/database.ts'
import docsPlugin from '../plugins/docs.ts'
import errorHandlerPlugin, { createFrameworkErrors } from '../plugins/error-handler.ts'
import imagesPlugin, { type ImagesOptions } from '../plugins/images.ts'
import localePlugin from '../plugins/locale.ts'
import secretsPlugin from '../plugins/secrets.ts'
import securityPlugin from '../plugins/security.ts'
import ssePlugin from '../plugins/sse.ts'
import tasksPlugin from '../plugins/tasks.ts'
import upstreamsPlugin from '../plugins/upstreams.ts'
import validationPlugin from '../plugins/validation.ts'
import webhooksPlugin, { type WebhooksOptions } from '../plugins/webhooks.ts'
import authRoutes from '../routes/api/auth.ts'
import channelsRoutes from '../routes/api/channels.ts'
import errorsRoutes from '../routes/api/errors.ts'
import keysRoutes from '../routes/api/keys.ts'
import offeredModelsRoutes from '../routes/api/models.ts'
import sseRoutes from '../routes/api/sse.ts'
import usersRoutes from '../routes/api/users.ts'
import batchesRoutes from '../routes/api/video/batches.ts'
import contentRoutes from '../routes/api/video/content.ts'
import eventsRoutes from '../routes/api/video/events.ts'
import lineageRoutes from '../routes/api/video/lineage.ts'
import tasksRoutes from '../routes/api/video/tasks.ts'
import upstreamEventsRoutes from '../routes/api/upstream-events.ts'
import webhooksRoutes from '../routes/api/webhooks.ts'
import healthRoutes from '../routes/health.ts'
import metricsRoutes from '../routes/metrics.ts'
import charactersRoutes from '../routes/v1/characters.ts'
import modelsRoutes from '../routes/v1/models.ts'
import videoContentRoutes from '../routes/v1/video-content.ts'
import videoDerivationsRoutes from '../routes/v1/video-derivations.ts'
import videoGenerationsRoutes from '../routes/v1/video-generations.ts'
import videosRoutes from '../routes/v1/videos.ts'
import { EVENTS_PREFIX } from './channels/events-address.ts'
import type { Config } from './config.ts'
import { MAX_IMAGE_BYTES } from './media/input-image.ts'

/** Longer than whatever ends before the requests do may take (`CLOSE_WAIT_MS` of submissions), shorter than the process has. */
const STOP_MS = 13_500

export interface AppOptions extends WebhooksOptions, ImagesOptions {
  /** A migrated database. */
  databaseUrl: string
  log: FastifyBaseLogger
}

/** The table of contents: everything this process serves, in the order in which it is acquired. */
export async function buildApp (config: Config, { databaseUrl, log, webhookEgress, images }: AppOptions) {
  const app = Fastify({
    loggerInstance: log,
    // Errors and state changes are logged where they happen; a line for each request would drown them.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.TRUST_PROXY?.split(',').map(address => address.trim()) ?? false,
    requestTimeout: 60_000,
    // Bounds preClose hooks too, and then everything is closed under what still runs: longer than submissions in flight are given.
    pluginTimeout: STOP_MS,
    // The closing plugin answers instead: in our envelope and with Retry-After.
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    frameworkErrors: createFrameworkErrors(config.DEFAULT_LOCALE),
    clientErrorHandler: createBrokenRequests(config.DEFAULT_LOCALE),
    // Ids of other gateways are long (LiteLLM's pack the provider in); ours must answer 404 to them, not 414.
    routerOptions: { maxParamLength: 4_096 }
  }).withTypeProvider<TypeBoxTypeProvider>()
  // Fastify reads it as a string by default; no route takes one.
  app.removeContentTypeParser('text/plain')
  app.decorate('config', config)
  app.addHook('onRequest', async (request, reply) => { reply.header('x-request-id', request.id) })

  // Plugins close in reverse order: the last one registered is the first to stop.
  await app.register(localePlugin)
  await app.register(errorHandlerPlugin)
  await app.register(closingPlugin)
  await app.register(validationPlugin)
  await app.register(securityPlugin)
  await app.register(docsPlugin)
  await app.register(fastifyMultipart, { limits: { fileSize: MAX_IMAGE_BYTES, files: 2, fields: 50, parts: 52, fieldSize: 15_000_000 } })
  await app.register(databasePlugin, { databaseUrl })
  await app.register(secretsPlugin)
  await app.register(authPlugin)
  await app.register(bossPlugin, { databaseUrl })
  await app.register(upstreamsPlugin)
  await app.register(tasksPlugin, { databaseUrl })
  await app.register(webhooksPlugin, { webhookEgress })
  await app.register(ssePlugin)

  await app.register(healthRoutes)
  await app.register(metricsRoutes)
  if (!config.roles.has('api')) return app
  await app.register(imagesPlugin, { images })
  await app.register(consolePlugin)
  await app.register(authRoutes, { prefix: '/api/auth' })
  await app.register(keysRoutes, { prefix: '/api/keys' })
  await app.register(usersRoutes, { prefix: '/api/users' })
  await app.register(channelsRoutes, { prefix: '/api/channels' })
  await app.register(tasksRoutes, { prefix: '/api/video/tasks' })
  await app.register(batchesRoutes, { prefix: '/api/video/batches' })
  await app.register(errorsRoutes, { prefix: '/api/errors' })
  await app.register(offeredModelsRoutes, { prefix: '/api/models' })
  await app.register(contentRoutes, { prefix: '/api/video/tasks' })
  await app.register(lineageRoutes, { prefix: '/api/video/tasks' })
  await app.register(eventsRoutes, { prefix: '/api/video/tasks' })
  await app.register(sseRoutes, { prefix: '/api/sse' })
  await app.register(webhooksRoutes, { prefix: '/api/webhooks' })
  await app.register(charactersRoutes, { prefix: '/v1' })
  await app.register(videosRoutes, { prefix: '/v1' })
  await app.register(videoDerivationsRoutes, { prefix: '/v1' })
  await app.register(videoContentRoutes, { prefix: '/v1' })
  await app.register(videoGenerationsRoutes, { prefix: '/v1' })
  await app.register(modelsRoutes, { prefix: '/v1' })
  await app.register(upstreamEventsRoutes, { prefix: EVENTS_PREFIX })
  return app
}

import fp from 'fastify-plugin'
import { createEgress, type Egress } from '../server/upstreams/egress.ts'
import type { WebhookContext } from '../server/webhooks/webhook-context.ts'
import { DeliveryEngine, MAX_IN_HAND } from '../server/workers/delivery-engine.ts'

declare module 'fastify' {
  interface FastifyInstance {
    webhooks: WebhookContext
    /** Absent in a process that only serves the API. */
    webhookOutcomes: DeliveryEngine['outcomes'] | undefined
  }
}

export interface WebhooksOptions {
  /** How deliveries leave. Given by tests, whose receivers are on this machine. */
  webhookEgress?: Egress
}

export default fp<WebhooksOptions>(async function webhooksPlugin (fastify, { webhookEgress }) {
  const { config, db, boss, log, secrets } = fastify
  // None shared with the upstreams. One for each try, so that none waits for another's: many users may have one host.
  const egress = webhookEgress ?? createEgress({ connections: MAX_IN_HAND })
  fastify.release('webhook egress', () => egress.close())
  const context: WebhookContext = { config, db, boss, log, egress, encryptionKey: secrets.encryption, warnOfMissingUrl: once(() => log.warn('webhooks carry no videoUrl, because PUBLIC_URL is not set')) }
  fastify.decorate('webhooks', context)

  const engine = config.roles.has('worker') ? new DeliveryEngine(context) : undefined
  fastify.decorate('webhookOutcomes', engine?.outcomes)
  if (!engine) return
  fastify.addHook('onReady', async () => engine.start())
  fastify.stopFirst('webhooks', () => engine.stop())
}, { name: 'webhooks', fastify: '5.x', dependencies: ['closing', 'boss', 'secrets'] })

function once (act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

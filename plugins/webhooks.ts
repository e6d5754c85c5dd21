import fp from 'fastify-plugin'
import { createEgress, type Egress } from '../server/upstreams/egress.ts'
import type { WebhookContext } from '../server/webhooks/webhook-context.ts'
import { DeliveryEngine } from '../server/workers/delivery-engine.ts'

declare module 'fastify' {
  interface FastifyInstance { webhooks: WebhookContext }
}

export interface WebhooksOptions {
  /** How deliveries leave. Given by tests, whose receivers are on this machine. */
  webhookEgress?: Egress
}

/** Few connections for each receiver, and none shared with the upstreams. */
const CONNECTIONS = 8

export default fp<WebhooksOptions>(async function webhooksPlugin (fastify, { webhookEgress }) {
  const { config, db, boss, log, secrets } = fastify
  const egress = webhookEgress ?? createEgress({ connections: CONNECTIONS })
  fastify.addHook('onClose', () => egress.close())
  const context: WebhookContext = { config, db, boss, log, egress, encryptionKey: secrets.encryption }
  fastify.decorate('webhooks', context)

  if (!config.roles.has('worker')) return
  const engine = new DeliveryEngine(context)
  fastify.addHook('onReady', async () => engine.start())
  fastify.addHook('preClose', () => engine.stop())
}, { name: 'webhooks', fastify: '5.x', dependencies: ['boss', 'secrets'] })

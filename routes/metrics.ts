import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { createMetrics } from '../server/metrics.ts'
import { ErrorSchema } from './api/envelope.ts'

const metricsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, boss, feed, workers, webhookOutcomes, upstreams, authenticate, requireAdmin } = fastify
  const registry = createMetrics({ db, boss, feed, pollStats: workers?.pollStats, webhookOutcomes, upstreams })

  fastify.get('/metrics', {
    config: { scope: 'admin' },
    onRequest: [authenticate, requireAdmin],
    schema: {
      summary: 'Figures for Prometheus',
      description: 'Administrators only: scrape it with an API key that has the scope admin.',
      tags: ['operations'],
      response: { 200: { content: { 'text/plain': { schema: Type.String() } } }, '4xx': ErrorSchema }
    }
  }, async (_request, reply) => {
    const text = await registry.metrics()
    return reply.type(registry.contentType).send(text)
  })
}

export default metricsRoutes

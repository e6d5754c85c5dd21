import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { listPendingMigrations } from '../server/database/migrator.ts'

const HealthSchema = Type.Object({ status: Type.Literal('ok') })
const ReadySchema = Type.Object({ status: Type.Enum(['ready', 'unready']), checks: Type.Record(Type.String(), Type.String()) })

const healthRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, readiness } = fastify

  fastify.get('/health', {
    logLevel: 'warn',
    schema: { summary: 'Is the process alive', tags: ['operations'], security: [], response: { 200: HealthSchema } }
  }, async () => ({ status: 'ok' as const }))

  fastify.get('/ready', {
    logLevel: 'warn',
    schema: { summary: 'Can it serve', tags: ['operations'], security: [], response: { 200: ReadySchema, 503: ReadySchema } }
  }, async (_request, reply) => {
    const checks = { ...await databaseChecks(), ...readiness() }
    const ready = Object.values(checks).every(check => check === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unready', checks })
  })

  async function databaseChecks (): Promise<Record<string, string>> {
    try {
      const pending = await listPendingMigrations(db)
      return { database: 'ok', migrations: pending.length === 0 ? 'ok' : `${pending.length} pending, from ${pending[0]} on` }
    } catch {
      return { database: 'cannot be reached', migrations: 'unknown' }
    }
  }
}

export default healthRoutes

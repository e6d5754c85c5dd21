import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { sql } from 'kysely'

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
    const checks = { ...await databaseCheck(), ...readiness() }
    const ready = Object.values(checks).every(check => check === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unready', checks })
  })

  async function databaseCheck (): Promise<Record<string, string>> {
    try {
      await sql`select 1 from schema_migrations limit 1`.execute(db)
      return { database: 'ok' }
    } catch {
      return { database: 'cannot be reached, or is not migrated' }
    }
  }
}

export default healthRoutes

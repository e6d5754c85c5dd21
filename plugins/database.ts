import fp from 'fastify-plugin'
import type { Config } from '../server/config.ts'
import { createDatabase } from '../server/database/connect.ts'
import type { Db } from '../server/database/tables.ts'

declare module 'fastify' {
  interface FastifyInstance {
    config: Config
    db: Db
  }
}

export interface DatabaseOptions { databaseUrl: string }

export default fp<DatabaseOptions>(async function databasePlugin (fastify, { databaseUrl }) {
  const db = createDatabase(databaseUrl, fastify.config.DATABASE_POOL_MAX)
  fastify.decorate('db', db)
  fastify.release('database', () => db.destroy())
}, { name: 'database', fastify: '5.x', dependencies: ['closing'] })

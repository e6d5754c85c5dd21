import fp from 'fastify-plugin'
import { PgBoss } from 'pg-boss'
import { createQueues } from '../server/queues/queues.ts'
import type { DatabaseOptions } from './database.ts'

declare module 'fastify' {
  interface FastifyInstance { boss: PgBoss }
}

/** Its own few connections, so that a busy API cannot keep the queues waiting. */
const POOL_MAX = 4

export default fp<DatabaseOptions>(async function bossPlugin (fastify, { databaseUrl }) {
  const works = fastify.config.roles.has('worker')
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: 'pgboss',
    application_name: 'reelay pg-boss',
    max: POOL_MAX,
    // The migrator has installed and upgraded the schema. What an upgrade left to be built beside running work, such as indexes, a worker builds.
    migrate: works && fastify.config.MIGRATE_ON_START,
    createSchema: false,
    supervise: works,
    schedule: works
  })
  boss.on('error', error => fastify.log.error({ err: error }, 'pg-boss'))
  boss.on('warning', warning => fastify.log.warn({ warning }, 'pg-boss'))
  await boss.start()
  await createQueues(boss)
  fastify.decorate('boss', boss)
  fastify.release('pg-boss', () => boss.stop({ graceful: true, timeout: 2_000 }))
}, { name: 'boss', fastify: '5.x', dependencies: ['closing', 'database'] })

import fp from 'fastify-plugin'
import { loadSecrets } from '../server/secrets.ts'

/** Decorates `secrets` (declared beside `auth`); stops the start when they are not the ones of this database. */
export default fp(async function secretsPlugin (fastify) {
  fastify.decorate('secrets', await loadSecrets(fastify.db, fastify.config))
}, { name: 'secrets', fastify: '5.x', dependencies: ['database'] })

import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import packageJson from '../package.json' with { type: 'json' }

/** The reference, generated from the routes' own schemas: a page at /docs, the document at /docs/json. */
export default fp(async function docsPlugin (fastify) {
  await fastify.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Reelay', version: packageJson.version, description: packageJson.description },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token from POST /api/auth/login' },
          session: { type: 'apiKey', in: 'cookie', name: 'reelay_session' }
        }
      },
      security: [{ bearer: [] }, { session: [] }]
    }
  })
  await fastify.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', deepLinking: true },
    staticCSP: true
  })
}, { name: 'docs', fastify: '5.x' })

import fastifySwagger, { type SwaggerTransform } from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifySchema } from 'fastify'
import fp from 'fastify-plugin'
import packageJson from '../package.json' with { type: 'json' }
import { finishDocument } from './docs-document.ts'
import { DESCRIPTION, SECURITY_SCHEMES, TAGS } from './docs-text.ts'

declare module 'fastify' {
  interface FastifySchema {
    /** The body as a multipart form, where a route takes that too; it is only described, a preValidation hook reads it. */
    form?: unknown
  }
}

/** Nothing from another host, no inline script. Swagger UI sizes its icons with inline styles. */
const PAGE_CSP = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'"
}

const LOGIN: Array<Record<string, string[]>> = [{ bearer: [] }, { session: [] }]

/** The reference, generated from the routes' own schemas: a page at /docs, the document at /docs/json. */
export default fp(async function docsPlugin (fastify) {
  await fastify.register(fastifySwagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Reelay',
        version: packageJson.version,
        summary: packageJson.description,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: fastify.config.PUBLIC_URL ?? '/' }],
      tags: TAGS,
      components: { securitySchemes: SECURITY_SCHEMES },
      security: LOGIN
    },
    stripBasePath: false,
    transform: describeRoute,
    transformObject: document => 'openapiObject' in document ? finishDocument(document.openapiObject) : document.swaggerObject
  })
  await fastify.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', deepLinking: true, defaultModelsExpandDepth: 0, displayRequestDuration: true, layout: 'BaseLayout' },
    theme: { title: 'Reelay API' },
    staticCSP: PAGE_CSP
  })
}, { name: 'docs', fastify: '5.x' })

/** Says what every route has in common, so that no route has to: who may, a form beside the JSON body, the server's own failures. */
const describeRoute: SwaggerTransform = ({ schema, url, route }) => {
  const scope = route.config?.scope
  const { form, body, response, security = LOGIN, ...rest } = (schema ?? {}) as FastifySchema & { response?: Record<string, unknown> }
  const described = {
    ...rest,
    security: scope ? [...security, { apiKey: scope === 'any' ? [] : [scope] }] : security,
    ...(body !== undefined && { body: form ? { content: { 'application/json': { schema: body }, 'multipart/form-data': { schema: form } } } : body }),
    ...(response && { response: response['4xx'] ? { ...response, '5xx': response['4xx'] } : response })
  }
  // A prefix and its '/' are one address, which people write without the slash.
  return { schema: described, url: url.replace(/(?<=.)\/$/, '') }
}

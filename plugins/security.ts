import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import fp from 'fastify-plugin'
import { RATE_HEADERS } from './rate-headers.ts'

/** What the SDKs of OpenAI's API read. */
const OPENAI_HEADERS = ['openai-poll-after-ms', 'retry-after-ms', 'x-should-retry']

/** Headers against browsers' good faith, and the origins that may call (CORS_ORIGINS; none by default). */
export default fp(async function securityPlugin (fastify) {
  const { CORS_ORIGINS, PUBLIC_URL } = fastify.config
  await fastify.register(fastifyHelmet, {
    // Pages that need more, such as /docs, say so themselves.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'same-site' },
    xFrameOptions: { action: 'deny' },
    hsts: PUBLIC_URL?.startsWith('https:') ?? false
  })
  const origins = CORS_ORIGINS.split(',').map(origin => origin.trim()).filter(Boolean)
  if (origins.length === 0) return
  await fastify.register(fastifyCors, {
    origin: origins,
    credentials: true,
    // An OPTIONS that is no preflight would be refused in plain text.
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['location', 'retry-after', 'content-disposition', 'content-range', 'etag', 'x-request-id', ...OPENAI_HEADERS, ...RATE_HEADERS]
  })
}, { name: 'security', fastify: '5.x' })

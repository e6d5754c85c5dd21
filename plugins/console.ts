import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import fp from 'fastify-plugin'

/** What `npm start` builds first (web/build.ts). */
const DIST = join(import.meta.dirname, '..', 'web', 'dist')

/** The addresses of the console's pages, as web/src/app.tsx knows them. Everything else is answered as before. */
const PAGES = ['/', '/lineage/:videoId', '/keys', '/webhooks', '/channels', '/account']

/** Nothing inline, nothing from another host; data: and blob: for the pictures a person picks. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'"
].join('; ')

/** Serves the console, where it was built: a client of the public API like any other. */
export default fp(async function consolePlugin (fastify) {
  if (!existsSync(join(DIST, 'index.html'))) return
  await fastify.register(fastifyStatic, {
    root: DIST,
    preCompressed: true,
    // Only files that are there: an address nobody knows is answered by the error handler.
    wildcard: false,
    globIgnore: ['**/*.br', '**/*.gz', 'built-from'],
    index: false,
    cacheControl: false,
    setHeaders (reply, path) {
      // Names of assets carry a hash of what is in them.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    }
  })
  for (const url of PAGES) {
    fastify.get(url, { schema: { hide: true } }, (_request, reply) => reply.header('content-security-policy', PAGE_CSP).sendFile('index.html'))
  }
}, { name: 'console', fastify: '5.x', dependencies: ['security'] })

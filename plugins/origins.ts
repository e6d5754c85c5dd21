import type { FastifyRequest } from 'fastify'
import type { Config } from '../server/config.ts'

/** Origins besides the server's own whose pages may write with the session cookie. */
export function allowedOrigins ({ PUBLIC_URL, CORS_ORIGINS }: Pick<Config, 'PUBLIC_URL' | 'CORS_ORIGINS'>): ReadonlySet<string> {
  const listed = CORS_ORIGINS.split(',').map(origin => origin.trim()).filter(Boolean)
  return new Set([...listed, PUBLIC_URL ?? ''].filter(url => URL.canParse(url)).map(url => new URL(url).origin))
}

/** Whether a page of ours sent the request. A browser always says so on writes; silence is taken for a no. */
export function isOwnPage (request: FastifyRequest, allowed: ReadonlySet<string>): boolean {
  if (request.headers['sec-fetch-site'] === 'same-origin') return true
  const { origin } = request.headers
  if (!origin || !URL.canParse(origin)) return false
  // By host: behind a proxy that ends TLS the page says https, and the request says http.
  return allowed.has(origin) || new URL(origin).host === request.host
}

import type { FastifyRequest } from 'fastify'
import type { Config } from '../server/config.ts'

/** Origins besides the server's own whose pages may write with the session cookie. */
export function allowedOrigins ({ PUBLIC_URL, CORS_ORIGINS }: Pick<Config, 'PUBLIC_URL' | 'CORS_ORIGINS'>): ReadonlySet<string> {
  const listed = CORS_ORIGINS.split(',').map(origin => origin.trim()).filter(Boolean)
  return new Set([...listed, PUBLIC_URL ?? ''].filter(url => URL.canParse(url)).map(url => new URL(url).origin))
}

/** Whether a page that is not ours sent the write. */
export function isForeignPage (request: FastifyRequest, allowed: ReadonlySet<string>): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site === 'same-origin') return false
  // Only a browser can be made to write by somebody else's page, and browsers say one of the two on every write (and give
  // a SameSite=Strict cookie to no other site). Silence is a script with a cookie jar, whose caller DESIGN §6 lets in; to
  // refuse it would protect nobody.
  if (origin === undefined) return site !== undefined
  if (!URL.canParse(origin)) return true
  // By host: behind a proxy that ends TLS the page says https, and the request says http.
  return !allowed.has(origin) && new URL(origin).host !== request.host
}

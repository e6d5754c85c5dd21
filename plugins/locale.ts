import fp from 'fastify-plugin'
import { chooseLocale, type Locale } from '../server/locales/choose-locale.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The language to answer in: Accept-Language, else DEFAULT_LOCALE. */
    readonly locale: Locale
  }
}

export default fp(async function localePlugin (fastify) {
  const fallback = fastify.config.DEFAULT_LOCALE
  fastify.decorateRequest('locale', {
    getter () { return chooseLocale(this.headers['accept-language'], fallback) }
  })
}, { name: 'locale', fastify: '5.x' })

import fastifyCookie from '@fastify/cookie'
import fastifyJwt from '@fastify/jwt'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { SessionCache } from '../server/accounts/session-cache.ts'
import { SESSION_SECONDS, type SessionUser } from '../server/accounts/sessions.ts'
import type { Session } from '../server/database/tables.ts'
import { ReelayError } from '../server/errors.ts'
import type { Secrets } from '../server/secrets.ts'
import { allowedOrigins, isOwnPage } from './origins.ts'

type Hook = (request: FastifyRequest) => Promise<void>

declare module 'fastify' {
  interface FastifyInstance {
    secrets: Secrets
    sessions: SessionCache
    /** onRequest: refuses whoever is not signed in, before a byte of the body is read. */
    authenticate: Hook
    /** onRequest, after `authenticate`. */
    requireAdmin: Hook
  }
  interface FastifyReply {
    /** Makes the session's token and sets it as a cookie too. */
    startSession: (session: Session) => string
    endSession: () => void
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: Claims
    user: SessionUser
  }
}

interface Claims { sub: string, sid: string, exp: number }

const ISSUER = 'reelay'
const COOKIE = 'reelay_session'
const READING = new Set(['GET', 'HEAD', 'OPTIONS'])
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

export default fp(async function authPlugin (fastify) {
  const { config, secrets, db } = fastify
  const secure = config.PUBLIC_URL?.startsWith('https:') ?? false
  // A browser takes a __Host- cookie only with Secure and Path=/, and from no other host.
  const cookieName = secure ? `__Host-${COOKIE}` : COOKIE
  const cookieFlags = { httpOnly: true, sameSite: 'strict', path: '/', secure } as const
  const origins = allowedOrigins(config)
  const sessions = new SessionCache(db)

  await fastify.register(fastifyCookie)
  await fastify.register(fastifyJwt, {
    secret: secrets.jwt,
    sign: { algorithm: 'HS256', iss: ISSUER, aud: ISSUER },
    verify: {
      algorithms: ['HS256'],
      allowedIss: ISSUER,
      allowedAud: ISSUER,
      requiredClaims: ['sub', 'sid', 'iat', 'exp', 'iss', 'aud'],
      maxAge: SESSION_SECONDS,
      cache: false
    }
  })

  fastify.decorate('sessions', sessions)
  fastify.decorate('authenticate', async function authenticate (request) {
    const bearer = bearerToken(request)
    const token = bearer ?? request.cookies[cookieName]
    const user = token ? await findUser(token) : undefined
    if (!user) throw new ReelayError('AUTH_REQUIRED')
    if (bearer === undefined && !READING.has(request.method) && !isOwnPage(request, origins)) throw new ReelayError('PERMISSION_DENIED')
    request.user = user
  })
  fastify.decorate('requireAdmin', async function requireAdmin (request) {
    if (request.user?.role !== 'admin') throw new ReelayError('PERMISSION_DENIED')
  })

  fastify.decorateReply('startSession', function startSession (this: FastifyReply, session) {
    const token = fastify.jwt.sign({ sub: session.user_id, sid: session.id, exp: session.expires_at.getTime() / 1000 })
    this.setCookie(cookieName, token, { ...cookieFlags, expires: session.expires_at })
    return token
  })
  fastify.decorateReply('endSession', function endSession (this: FastifyReply) {
    this.clearCookie(cookieName, cookieFlags)
  })

  /** Every kind of token is told apart here. */
  async function findUser (token: string): Promise<SessionUser | undefined> {
    const claims = readClaims(token)
    if (!claims) return undefined
    const user = await sessions.find(claims.sid)
    return user?.id === claims.sub ? user : undefined
  }

  function readClaims (token: string): Claims | undefined {
    try {
      const claims = fastify.jwt.verify<Claims>(token)
      return typeof claims.sub === 'string' && UUID.test(claims.sid) ? claims : undefined
    } catch {
      // Expired, forged, not a token at all: to the client these are one thing, AUTH_REQUIRED.
      return undefined
    }
  }
}, { name: 'auth', fastify: '5.x', dependencies: ['database'] })

/** What follows "Bearer "; undefined without such a header, so that the cookie is looked at. */
function bearerToken ({ headers }: FastifyRequest): string | undefined {
  const [, token] = /^bearer(?:\s+(.*))?$/i.exec(headers.authorization ?? '') ?? []
  return token?.trim()
}

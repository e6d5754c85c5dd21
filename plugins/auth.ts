import fastifyCookie from '@fastify/cookie'
import fastifyJwt from '@fastify/jwt'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Scope } from '../server/accounts/scopes.ts'
import { Callers, type Caller } from '../server/accounts/callers.ts'
import { KEY_PREFIX } from '../server/accounts/key-token.ts'
import { RateLimits } from '../server/accounts/rate-limits.ts'
import { SESSION_SECONDS } from '../server/accounts/sessions.ts'
import type { Session } from '../server/database/tables.ts'
import { ReelayError, type Reason } from '../server/errors.ts'
import type { Secrets } from '../server/secrets.ts'
import { allowedOrigins, isForeignPage } from './origins.ts'
import { setRateHeaders, tooManyRequests } from './rate-headers.ts'

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

declare module 'fastify' {
  interface FastifyInstance {
    secrets: Secrets
    callers: Callers
    /** onRequest: refuses whoever is not signed in and has no API key for this route, before a byte of the body is read. */
    authenticate: Hook
    /** onRequest, after `authenticate`. */
    requireAdmin: Hook
  }
  interface FastifyContextConfig {
    /** What an API key must have here. Without it no key may, so that a route nobody thought of is for logins only. */
    scope?: Scope | 'any'
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
    user: Caller
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
  const callers = new Callers(db)
  const limits = new RateLimits(db, config.USER_REQUESTS_PER_MINUTE)

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

  fastify.decorate('callers', callers)
  fastify.decorate('authenticate', async function authenticate (request, reply) {
    const bearer = bearerToken(request)
    const caller = bearer?.startsWith(KEY_PREFIX) ? await callers.findByKey(bearer) : await findSignedIn(bearer ?? request.cookies[cookieName])
    if (!caller) throw new ReelayError('AUTH_REQUIRED')
    if (bearer === undefined && !READING.has(request.method) && isForeignPage(request, origins)) throw denied({ reason: 'foreignPage' })
    checkScope(caller, request.routeOptions.config.scope)
    await checkRate(caller, reply)
    request.user = caller
  })
  fastify.decorate('requireAdmin', async function requireAdmin (request) {
    if (request.user?.role !== 'admin') throw denied({ reason: 'adminOnly' })
  })

  fastify.decorateReply('startSession', function startSession (this: FastifyReply, session) {
    const token = fastify.jwt.sign({ sub: session.user_id, sid: session.id, exp: session.expires_at.getTime() / 1000 })
    this.setCookie(cookieName, token, { ...cookieFlags, expires: session.expires_at })
    return token
  })
  fastify.decorateReply('endSession', function endSession (this: FastifyReply) {
    this.clearCookie(cookieName, cookieFlags)
  })

  async function checkRate (caller: Caller, reply: FastifyReply): Promise<void> {
    const allowance = await limits.count(caller)
    if (!allowance) return
    setRateHeaders(reply, allowance)
    if (!allowance.allowed) throw tooManyRequests(allowance)
  }

  async function findSignedIn (token: string | undefined): Promise<Caller | undefined> {
    const claims = token ? readClaims(token) : undefined
    if (!claims) return undefined
    const caller = await callers.findBySession(claims.sid)
    return caller?.id === claims.sub ? caller : undefined
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

/** What a key may do is said by its scopes, what it may do it to by its user. */
function checkScope ({ key }: Caller, needed: Scope | 'any' | undefined): void {
  if (!key || needed === 'any') return
  if (needed === undefined) throw denied({ reason: 'loginNeeded' })
  if (!key.scopes.includes(needed)) throw denied({ reason: 'scopeMissing', params: { scope: needed } })
}

function denied (reason: Reason): ReelayError {
  return new ReelayError('PERMISSION_DENIED', { params: { reason } })
}

/** What follows "Bearer "; undefined without such a header, so that the cookie is looked at. */
function bearerToken ({ headers }: FastifyRequest): string | undefined {
  const [, token] = /^bearer(?:\s+(.*))?$/i.exec(headers.authorization ?? '') ?? []
  return token?.trim()
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { createLoginLimits } from '../../server/accounts/login-limits.ts'
import { checkPassword, login } from '../../server/accounts/login.ts'
import { listSessions, revokeSession, revokeSessions } from '../../server/accounts/sessions.ts'
import { changePassword } from '../../server/accounts/users.ts'
import type { Session } from '../../server/database/tables.ts'
import { ReelayError } from '../../server/errors.ts'
import { AccountSchema, GivenPassword, NewPassword } from './account-schemas.ts'
import { ErrorSchema, Instant, Ok, noStore, ok } from './envelope.ts'

const TokenSchema = Type.Object({
  token: Type.String({ description: 'Send it as "Authorization: Bearer …"' }),
  expiresAt: Type.Integer({ description: 'Milliseconds since 1970' }),
  user: AccountSchema
})

const SessionSchema = Type.Object({
  id: Type.String(),
  current: Type.Boolean({ description: 'The session this request belongs to' }),
  userAgent: Type.Union([Type.String(), Type.Null()]),
  ip: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  lastSeenAt: Instant,
  expiresAt: Instant
}, { title: 'Session' })

const EndedSchema = Type.Object({ endedSessions: Type.Integer() })

/** Small, because these bodies are read before anybody is known. */
const BODY_LIMIT = 16 * 1024

const authRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, callers, authenticate } = fastify
  const limits = createLoginLimits(db, fastify.log)
  fastify.addHook('onRequest', noStore)

  fastify.post('/login', {
    bodyLimit: BODY_LIMIT,
    schema: {
      summary: 'Sign in',
      description: 'Answers with a token and sets it as a session cookie. Repeated failures are slowed down with 429 and Retry-After.',
      tags: ['auth'],
      security: [],
      body: Type.Object({ username: Type.String({ minLength: 1, maxLength: 256 }), password: GivenPassword }, { additionalProperties: false }),
      response: { 200: Ok(TokenSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { user, session } = await login(db, limits, { ...request.body, ip: request.ip, userAgent: request.headers['user-agent'] })
    const token = reply.startSession(session)
    return ok(reply, { token, expiresAt: session.expires_at.getTime(), user: { id: user.id, username: user.username, role: user.role } })
  })

  fastify.get('/me', {
    config: { scope: 'any' },
    onRequest: authenticate,
    schema: { summary: 'Who am I', tags: ['auth'], response: { 200: Ok(AccountSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => ok(reply, request.user))

  fastify.post('/logout', {
    onRequest: authenticate,
    schema: { summary: 'End this session', tags: ['auth'], response: { 200: Ok(EndedSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const ended = await revokeSession(db, request.user.id, sessionOf(request))
    callers.clear()
    reply.endSession()
    return ok(reply, { endedSessions: ended ? 1 : 0 })
  })

  fastify.post('/password', {
    onRequest: authenticate,
    bodyLimit: BODY_LIMIT,
    schema: {
      summary: 'Change my password',
      description: 'Ends every other session. API keys stay.',
      tags: ['auth'],
      body: Type.Object({ currentPassword: GivenPassword, newPassword: NewPassword }, { additionalProperties: false }),
      response: { 200: Ok(EndedSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id, username } = request.user
    const { currentPassword, newPassword } = request.body
    await checkPassword(db, limits, { username, password: currentPassword, ip: request.ip })
    const endedSessions = await changePassword(db, id, newPassword, sessionOf(request))
    callers.clear()
    return ok(reply, { endedSessions })
  })

  fastify.get('/sessions', {
    onRequest: authenticate,
    schema: { summary: 'List my sessions', tags: ['auth'], response: { 200: Ok(Type.Object({ sessions: Type.Array(SessionSchema) })), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const rows = await listSessions(db, request.user.id)
    return ok(reply, { sessions: rows.map(row => presentSession(row, sessionOf(request))) })
  })

  fastify.delete('/sessions', {
    onRequest: authenticate,
    schema: { summary: 'End all my sessions, this one included', tags: ['auth'], response: { 200: Ok(EndedSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const endedSessions = await revokeSessions(db, request.user.id)
    callers.clear()
    reply.endSession()
    return ok(reply, { endedSessions })
  })

  fastify.delete('/sessions/:id', {
    onRequest: authenticate,
    schema: {
      summary: 'End one of my sessions',
      tags: ['auth'],
      params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
      response: { 200: Ok(EndedSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = request.params
    if (!await revokeSession(db, request.user.id, id)) throw new ReelayError('SESSION_NOT_FOUND', { params: { id } })
    callers.clear()
    if (id === sessionOf(request)) reply.endSession()
    return ok(reply, { endedSessions: 1 })
  })
}

/** Routes without a scope let no key in. */
function sessionOf ({ user }: FastifyRequest): string {
  return user.sessionId!
}

function presentSession (row: Session, currentId: string) {
  return {
    id: row.id,
    current: row.id === currentId,
    userAgent: row.user_agent,
    ip: row.ip,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at
  }
}

export default authRoutes

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { createKey, listKeys, revokeKey, updateKey } from '../../server/accounts/api-keys.ts'
import { USUAL_SCOPES, type Scope } from '../../server/accounts/scopes.ts'
import type { Caller } from '../../server/accounts/callers.ts'
import type { ApiKey } from '../../server/database/tables.ts'
import { invalidField } from '../../server/errors.ts'
import { ErrorSchema, noStore, Ok, ok } from './envelope.ts'
import { ChangeKeySchema, CreateKeySchema, KeyListSchema, KeyParams, KeySchema, NewKeySchema, RevokedKeySchema } from './key-schemas.ts'

const tags = ['keys']

/** Without scopes of their own: no key can make, change or end keys. */
const keysRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, callers, log } = fastify
  fastify.addHook('onRequest', fastify.authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/', {
    schema: {
      summary: 'Create an API key',
      description: 'The key is in this answer and in no other. It goes on working when you change your password; revoke it to end it.',
      tags,
      body: CreateKeySchema,
      response: { 201: Ok(NewKeySchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { name, scopes = USUAL_SCOPES, expiresAt, requestsPerMinute } = request.body
    checkScopes(request.user, scopes)
    const { apiKey, token } = await createKey(db, request.user.id, { name, scopes, requestsPerMinute, expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt) })
    log.info({ userId: apiKey.user_id, keyId: apiKey.id, scopes }, 'API key created')
    return reply.code(201).send(ok(reply, { ...presentKey(apiKey), key: token }))
  })

  fastify.get('/', {
    schema: { summary: 'List my API keys, newest first', tags, response: { 200: Ok(KeyListSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const keys = await listKeys(db, request.user.id)
    return ok(reply, { keys: keys.map(presentKey) })
  })

  fastify.patch('/:id', {
    schema: { summary: 'Rename an API key, or change its limit', tags, params: KeyParams, body: ChangeKeySchema, response: { 200: Ok(KeySchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const apiKey = await updateKey(db, request.user.id, request.params.id, request.body)
    callers.clear()
    return ok(reply, presentKey(apiKey))
  })

  fastify.delete('/:id', {
    schema: {
      summary: 'Revoke an API key',
      description: 'It is refused within 5 seconds by every process; streams opened with it close within 60.',
      tags,
      params: KeyParams,
      response: { 200: Ok(RevokedKeySchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = request.params
    await revokeKey(db, request.user.id, id)
    callers.clear()
    log.info({ userId: request.user.id, keyId: id }, 'API key revoked')
    return ok(reply, { id, revoked: true as const })
  })
}

function checkScopes ({ role }: Caller, scopes: readonly Scope[]): void {
  if (role !== 'admin' && scopes.includes('admin')) throw invalidField('scopes', 'admin is for keys of administrators')
}

function presentKey (apiKey: ApiKey) {
  return {
    id: apiKey.id,
    name: apiKey.name,
    prefix: apiKey.prefix,
    last4: apiKey.last4,
    scopes: apiKey.scopes,
    requestsPerMinute: apiKey.requests_per_minute,
    createdAt: apiKey.created_at,
    lastUsedAt: apiKey.last_used_at,
    expiresAt: apiKey.expires_at
  }
}

export default keysRoutes

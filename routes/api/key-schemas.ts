import { Type } from 'typebox'
import { MAX_KEYS } from '../../server/accounts/api-keys.ts'
import { SCOPES } from '../../server/accounts/scopes.ts'
import { Instant } from './envelope.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const Name = Type.String({ minLength: 1, maxLength: 100, description: 'For you to tell your keys apart' })
const Scopes = Type.Array(Type.Enum([...SCOPES]), { description: 'tasks:read: tasks, streams and webhooks; tasks:write: everything that changes them; admin: users, channels and /metrics, with an administrator\'s key only' })
const RequestsPerMinute = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Of all processes together. null: no limit of its own' })

const KeyFields = {
  id: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'How the key begins' }),
  last4: Type.String({ description: 'How it ends' }),
  scopes: Scopes,
  requestsPerMinute: Nullable(RequestsPerMinute),
  createdAt: Instant,
  lastUsedAt: Nullable(Type.Unsafe<Date>({ ...Instant, description: 'At most a minute behind' })),
  expiresAt: Nullable(Instant)
}

export const KeySchema = Type.Object(KeyFields, { title: 'ApiKey' })
export const NewKeySchema = Type.Object({ ...KeyFields, key: Type.String({ description: 'Shown only now: rl_, 43 letters and digits, _, a checksum of 6' }) }, { title: 'NewApiKey' })
export const KeyListSchema = Type.Object({ keys: Type.Array(KeySchema, { maxItems: MAX_KEYS }) })
export const RevokedKeySchema = Type.Object({ id: Type.String(), revoked: Type.Literal(true) })

export const CreateKeySchema = Type.Object({
  name: Name,
  scopes: Type.Optional(Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: SCOPES.length, uniqueItems: true, description: 'Default: tasks:read and tasks:write' })),
  expiresAt: Type.Optional(Type.String({ format: 'date-time', description: 'Default: never' })),
  requestsPerMinute: Type.Optional(RequestsPerMinute)
}, { additionalProperties: false })

export const ChangeKeySchema = Type.Object({
  name: Type.Optional(Name),
  requestsPerMinute: Type.Optional(Nullable(RequestsPerMinute))
}, { additionalProperties: false, minProperties: 1 })

export const KeyParams = Type.Object({ id: Type.String({ format: 'uuid' }) })

import { Type } from 'typebox'
import { MAX_CHANNELS } from '../../server/channels/change-channel.ts'
import { ADAPTER_TYPES } from '../../server/upstreams/adapters.ts'
import { DIALECT_NAMES } from '../../server/upstreams/openai-dialects.ts'
import { FORMS } from '../../server/text-forms.ts'
import { Instant } from './envelope.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const Name = Type.String({ minLength: 1, maxLength: 100, pattern: FORMS.trimmed })
const BaseUrl = Type.String({ minLength: 1, maxLength: 2_048, description: 'As the adapter wants it: for openai it ends with /v1, for sora-relay before /sora/v1' })
/** It goes into a header. */
const ApiKey = Type.String({ minLength: 1, maxLength: 4_096, pattern: FORMS.providerKey, description: 'Sealed, sent to the host of baseUrl only, and in no answer' })
const WebhookSecret = Type.String({ minLength: 1, maxLength: 512, description: 'What the provider signs its events with; in no answer' })
const ModelName = Type.String({ minLength: 1, maxLength: 200 })
const Models = Type.Array(ModelName, { minItems: 1, maxItems: 500, description: 'What clients may name, the default first; * takes any. null: what the adapter knows' })
const ModelAliases = Type.Record(Type.String({ minLength: 1, maxLength: 200 }), ModelName, { maxProperties: 500, description: 'Names that clients may use, each with what the provider is asked for; offered beside models, or in place of an equal name there' })
const Priority = Type.Integer({ minimum: -1_000, maximum: 1_000, description: 'Higher ones are asked first' })
const Weight = Type.Integer({ minimum: 1, maximum: 1_000, description: 'How the tasks of one priority are shared out' })
const Concurrency = Type.Integer({ minimum: 1, maximum: 100_000, description: 'Tasks it has in hand at most; more wait here' })
const RequestsPerMinute = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Submissions a minute at most' })
const PollConcurrency = Type.Integer({ minimum: 1, maximum: 10_000, description: 'Polls under way at once in one process at most; 256 unless set' })
const PollsPerSecond = Type.Number({ exclusiveMinimum: 0, maximum: 10_000, description: 'Polls a second of all processes at most' })
const DialectName = Type.String({ minLength: 1, maxLength: 50, description: 'How the provider deviates from its protocol (openai only)' })
const Price = Type.Object({ amount: Type.Number({ minimum: 0 }), currency: Type.String({ pattern: FORMS.currency }), per: Type.Enum(['video', 'second']) }, { additionalProperties: false })
const Prices = Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Price, { maxProperties: 500, description: 'By model, to be shown; nothing is billed by it' })

export const ChannelSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  source: Type.Enum(['api', 'env', 'builtin'], { description: 'env follows the variables UPSTREAM_*; builtin is the sandbox' }),
  enabled: Type.Boolean(),
  baseUrl: Nullable(Type.String()),
  hasApiKey: Type.Boolean(),
  apiKeySetAt: Nullable(Instant),
  hasWebhookSecret: Type.Boolean(),
  models: Nullable(Type.Array(Type.String())),
  modelAliases: Type.Record(Type.String(), Type.String()),
  dialect: Nullable(Type.Unsafe<string>(Type.Enum(DIALECT_NAMES))),
  priority: Priority,
  weight: Weight,
  concurrency: Nullable(Type.Integer()),
  requestsPerMinute: Nullable(Type.Integer()),
  pollConcurrency: Nullable(Type.Integer()),
  pollsPerSecond: Nullable(Type.Number()),
  prices: Type.Record(Type.String(), Price),
  createdAt: Instant,
  updatedAt: Instant
}, { title: 'Channel' })

export const ChannelListSchema = Type.Object({ channels: Type.Array(ChannelSchema, { maxItems: MAX_CHANNELS + 1 }) })

export const CreateChannelSchema = Type.Object({
  name: Name,
  type: Type.Enum([...ADAPTER_TYPES]),
  baseUrl: BaseUrl,
  apiKey: ApiKey,
  webhookSecret: Type.Optional(WebhookSecret),
  enabled: Type.Optional(Type.Boolean()),
  models: Type.Optional(Models),
  modelAliases: Type.Optional(ModelAliases),
  dialect: Type.Optional(DialectName),
  priority: Type.Optional(Priority),
  weight: Type.Optional(Weight),
  concurrency: Type.Optional(Concurrency),
  requestsPerMinute: Type.Optional(RequestsPerMinute),
  pollConcurrency: Type.Optional(PollConcurrency),
  pollsPerSecond: Type.Optional(PollsPerSecond),
  prices: Type.Optional(Prices)
}, { additionalProperties: false })

export const ChangeChannelSchema = Type.Object({
  name: Type.Optional(Name),
  baseUrl: Type.Optional(BaseUrl),
  apiKey: Type.Optional(ApiKey),
  webhookSecret: Type.Optional(Nullable(WebhookSecret)),
  enabled: Type.Optional(Type.Boolean()),
  models: Type.Optional(Nullable(Models)),
  modelAliases: Type.Optional(Nullable(ModelAliases)),
  dialect: Type.Optional(Nullable(DialectName)),
  priority: Type.Optional(Priority),
  weight: Type.Optional(Weight),
  concurrency: Type.Optional(Nullable(Concurrency)),
  requestsPerMinute: Type.Optional(Nullable(RequestsPerMinute)),
  pollConcurrency: Type.Optional(Nullable(PollConcurrency)),
  pollsPerSecond: Type.Optional(Nullable(PollsPerSecond)),
  prices: Type.Optional(Nullable(Prices))
}, { additionalProperties: false, minProperties: 1 })

export const ChannelParams = Type.Object({ channelId: Type.String({ pattern: FORMS.channelId }) })
export const DeletedChannelSchema = Type.Object({ id: Type.String(), deleted: Type.Literal(true) })

const ErrorClass = Type.String({ description: 'auth, quota, rate_limit, invalid_input, unavailable, unreadable, unknown, or unsupported' })

export const CheckedSchema = Type.Object({
  ok: Type.Boolean(),
  latencyMs: Type.Integer(),
  error: Nullable(Type.Object({ class: ErrorClass, message: Type.String(), httpStatus: Nullable(Type.Integer()) }))
}, { title: 'ChannelTest' })

export const HealthQuery = Type.Object({ minutes: Type.Integer({ minimum: 1, maximum: 1_440, default: 60, description: 'How far back' }) }, { additionalProperties: false })

const Percentiles = Type.Object({ p50: Nullable(Type.Number()), p95: Nullable(Type.Number()) })

export const ChannelHealthSchema = Type.Object({
  minutes: Type.Integer(),
  successRate: Nullable(Type.Number({ description: 'Completed of those that completed or failed, 0 to 1; null: none did' })),
  submissions: Type.Object({ sent: Type.Integer(), accepted: Type.Integer(), refused: Type.Integer(), unsent: Type.Integer(), unknown: Type.Integer() }),
  results: Type.Object({ completed: Type.Integer(), failed: Type.Integer() }),
  latencyMs: Type.Object({ accept: Percentiles, complete: Percentiles }, { description: 'From sending to acceptance, and from there to the finished video' }),
  tasks: Type.Object({ queued: Type.Integer(), submitting: Type.Integer(), running: Type.Integer(), failingPolls: Type.Integer({ description: 'Running ones whose last poll had no answer' }) }, { description: 'Now' }),
  rateLimitedUntil: Nullable(Instant),
  refusedUntil: Nullable(Type.Unsafe<Date>({ ...Instant, description: 'It refused its key or balance: others are asked first until then' })),
  lastError: Nullable(Type.Object({ code: Type.String(), message: Nullable(Type.String()), at: Instant })),
  thisProcess: Type.Object({
    breaker: Type.Enum(['closed', 'open', 'half-open']),
    polls: Type.Record(Type.String(), Type.Integer()),
    pollLatencyMs: Percentiles
  }, { description: 'Only what the process that answers knows, since its start' })
}, { title: 'ChannelHealth' })

import { Type } from 'typebox'
import { REELAY_EVENTS, VIDEO_EVENTS } from '../../server/webhooks/webhook-events.ts'
import { FORMS } from '../../server/text-forms.ts'
import { Instant } from './envelope.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const Url = Type.String({ minLength: 1, maxLength: 2_048, description: 'https, a public address, the usual port' })
const Name = Type.String({ minLength: 1, maxLength: 100 })
const Events = Type.Array(Type.String(), { minItems: 1, maxItems: 10, description: `Of ${REELAY_EVENTS.join(', ')}; with format openai of ${VIDEO_EVENTS.join(', ')}` })
const Format = Type.Enum(['reelay', 'openai'], { description: 'openai: the payload OpenAI sends, with the video\'s id alone' })
const Secret = Type.String({ description: 'Shown only now: whsec_ and base64, as every Standard Webhooks library takes it' })

const EndpointFields = {
  id: Type.String(),
  url: Type.String(),
  name: Nullable(Type.String()),
  format: Format,
  events: Type.Unsafe<string[]>(Type.Array(Type.Enum([...REELAY_EVENTS, ...VIDEO_EVENTS]))),
  disabled: Type.Boolean(),
  disabledReason: Nullable(Type.Enum(['user', 'gone', 'failing'], { description: 'gone: it answered 410; failing: for five days' })),
  failingSince: Nullable(Instant),
  pausedUntil: Nullable(Type.Unsafe<Date>({ ...Instant, description: 'Until then its Retry-After is obeyed' })),
  createdAt: Instant,
  updatedAt: Instant
}

export const EndpointSchema = Type.Object(EndpointFields, { title: 'Webhook' })
export const NewEndpointSchema = Type.Object({ ...EndpointFields, secret: Secret }, { title: 'NewWebhook' })
export const EndpointListSchema = Type.Object({ webhooks: Type.Array(EndpointSchema) })

export const CreateEndpointSchema = Type.Object({
  url: Url,
  name: Type.Optional(Name),
  format: Type.Optional(Format),
  events: Type.Optional(Events)
}, { additionalProperties: false })

export const ChangeEndpointSchema = Type.Object({
  url: Type.Optional(Url),
  name: Type.Optional(Nullable(Name)),
  events: Type.Optional(Events),
  disabled: Type.Optional(Type.Boolean())
}, { additionalProperties: false, minProperties: 1 })

const Id = Type.String({ pattern: FORMS.webhookId })
export const EndpointParams = Type.Object({ id: Id })
export const DeliveryParams = Type.Object({ id: Id, deliveryId: Id })

export const TestSentSchema = Type.Object({
  delivered: Type.Boolean(),
  responseStatus: Nullable(Type.Integer()),
  responseExcerpt: Nullable(Type.String()),
  error: Nullable(Type.String())
}, { title: 'WebhookTest' })

export const DeliverySchema = Type.Object({
  id: Type.String({ description: 'The webhook-id of every try' }),
  videoId: Type.String({ description: 'The task it tells of; of a batch, the one that ended last' }),
  eventType: Type.String(),
  status: Type.Enum(['pending', 'delivered', 'failed']),
  attempts: Type.Integer(),
  responseStatus: Nullable(Type.Integer()),
  responseExcerpt: Nullable(Type.String()),
  error: Nullable(Type.String()),
  payload: Nullable(Type.String({ description: 'The text as it was sent' })),
  createdAt: Instant,
  lastAttemptAt: Nullable(Instant),
  nextAttemptAt: Nullable(Instant),
  deliveredAt: Nullable(Instant)
}, { title: 'WebhookDelivery' })

export const DeliveryListSchema = Type.Object({ deliveries: Type.Array(DeliverySchema), nextCursor: Nullable(Type.String()) })

export const DeliveryQuery = Type.Object({
  status: Type.Optional(Type.Enum(['pending', 'delivered', 'failed'])),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
}, { additionalProperties: false })

export const RedeliverSchema = Type.Object({ since: Type.String({ format: 'date-time', description: 'Deliveries written at or after' }) }, { additionalProperties: false })
export const RedeliveredSchema = Type.Object({ redelivered: Type.Integer() })
export const DeletedEndpointSchema = Type.Object({ id: Type.String(), deleted: Type.Literal(true) })
export const CallbackSecretSchema = Type.Object({ secret: Type.String({ description: 'What the callbackUrl of your tasks is signed with' }) })

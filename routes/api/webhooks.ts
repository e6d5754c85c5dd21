import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodePageCursor } from '../../server/tasks/page-cursor.ts'
import { listDeliveries, redeliverFailed, redeliverOne } from '../../server/webhooks/delivery-repository.ts'
import { deleteEndpoint, findEndpointOrThrow, insertEndpoint, listEndpoints, rotateSecret, updateEndpoint } from '../../server/webhooks/endpoint-repository.ts'
import { presentDelivery, presentEndpoint } from '../../server/webhooks/present-webhook.ts'
import { callbackSecret } from '../../server/webhooks/signing.ts'
import { testWebhook } from '../../server/webhooks/test-webhook.ts'
import { checkWebhookUrl } from '../../server/webhooks/webhook-url.ts'
import { ErrorSchema, noStore, Ok, ok } from './envelope.ts'
import { taskScopes } from '../scopes.ts'
import { CallbackSecretSchema, ChangeEndpointSchema, CreateEndpointSchema, DeletedEndpointSchema, DeliveryListSchema, DeliveryParams, DeliveryQuery, EndpointListSchema, EndpointParams, EndpointSchema, NewEndpointSchema, RedeliveredSchema, RedeliverSchema, TestSentSchema } from './webhook-schemas.ts'

const tags = ['webhooks']

const webhooksRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { config, db, webhooks } = fastify
  const { encryptionKey } = webhooks
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', fastify.authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/', {
    schema: {
      summary: 'Create a webhook',
      description: 'Told of your tasks by signed POSTs (Standard Webhooks), at least once each. The secret is in this answer and in no other.',
      tags,
      body: CreateEndpointSchema,
      response: { 201: Ok(NewEndpointSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { format = 'reelay', ...rest } = request.body
    checkWebhookUrl('url', rest.url, config)
    const { endpoint, secret } = await insertEndpoint(db, encryptionKey, request.user.id, { ...rest, format })
    reply.code(201).header('location', `/api/webhooks/${endpoint.id}`)
    return ok(reply, { ...presentEndpoint(endpoint), secret })
  })

  fastify.get('/', {
    schema: { summary: 'List your webhooks', tags, response: { 200: Ok(EndpointListSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const endpoints = await listEndpoints(db, request.user.id)
    return ok(reply, { webhooks: endpoints.map(presentEndpoint) })
  })

  fastify.get('/callback-secret', {
    // Whoever knows it can forge what your receivers believe.
    config: { scope: 'tasks:write' },
    schema: { summary: 'The secret your callbackUrls are signed with', tags, response: { 200: Ok(CallbackSecretSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => ok(reply, { secret: callbackSecret(encryptionKey, request.user.id) }))

  fastify.get('/:id', {
    schema: { summary: 'Read a webhook', tags, params: EndpointParams, response: { 200: Ok(EndpointSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const endpoint = await findEndpointOrThrow(db, request.user.id, request.params.id)
    return ok(reply, presentEndpoint(endpoint))
  })

  fastify.patch('/:id', {
    schema: {
      summary: 'Change, disable or enable a webhook',
      tags,
      params: EndpointParams,
      body: ChangeEndpointSchema,
      response: { 200: Ok(EndpointSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const endpoint = await findEndpointOrThrow(db, request.user.id, request.params.id)
    if (request.body.url !== undefined) checkWebhookUrl('url', request.body.url, config)
    return ok(reply, presentEndpoint(await updateEndpoint(db, endpoint, request.body)))
  })

  fastify.delete('/:id', {
    schema: { summary: 'Delete a webhook and its deliveries', tags, params: EndpointParams, response: { 200: Ok(DeletedEndpointSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const { id } = await findEndpointOrThrow(db, request.user.id, request.params.id)
    await deleteEndpoint(db, id)
    return ok(reply, { id, deleted: true as const })
  })

  fastify.post('/:id/rotate-secret', {
    schema: { summary: 'Get a new secret; for 24 hours the old one signs as well', tags, params: EndpointParams, response: { 200: Ok(NewEndpointSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const found = await findEndpointOrThrow(db, request.user.id, request.params.id)
    const { endpoint, secret } = await rotateSecret(db, encryptionKey, found)
    return ok(reply, { ...presentEndpoint(endpoint), secret })
  })

  fastify.post('/:id/test', {
    schema: { summary: 'Send a test event now and see the answer', tags, params: EndpointParams, response: { 200: Ok(TestSentSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const endpoint = await findEndpointOrThrow(db, request.user.id, request.params.id)
    const { ok: delivered, status, excerpt, error } = await testWebhook(webhooks, endpoint, request.signal)
    return ok(reply, { delivered, responseStatus: status, responseExcerpt: excerpt, error })
  })

  fastify.get('/:id/deliveries', {
    schema: { summary: 'What was sent, newest first', tags, params: EndpointParams, querystring: DeliveryQuery, response: { 200: Ok(DeliveryListSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const { id } = await findEndpointOrThrow(db, request.user.id, request.params.id)
    const { cursor, ...filter } = request.query
    const { deliveries, nextCursor } = await listDeliveries(db, id, { ...filter, cursor: cursor === undefined ? undefined : decodePageCursor(cursor) })
    return ok(reply, { deliveries: deliveries.map(presentDelivery), nextCursor })
  })

  fastify.post('/:id/deliveries/:deliveryId/redeliver', {
    schema: { summary: 'Send one again, under its webhook-id', tags, params: DeliveryParams, response: { 200: Ok(RedeliveredSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const { id } = await findEndpointOrThrow(db, request.user.id, request.params.id)
    await redeliverOne(db, id, request.params.deliveryId)
    return ok(reply, { redelivered: 1 })
  })

  fastify.post('/:id/redeliver-failed', {
    schema: { summary: 'Send again all that failed since a time', tags, params: EndpointParams, body: RedeliverSchema, response: { 200: Ok(RedeliveredSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const { id } = await findEndpointOrThrow(db, request.user.id, request.params.id)
    return ok(reply, { redelivered: await redeliverFailed(db, id, new Date(request.body.since)) })
  })
}

export default webhooksRoutes

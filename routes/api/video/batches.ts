import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findOwnBatchOrThrow, findStanding, listOwnBatches } from '../../../server/batches/batch-repository.ts'
import { cancelBatch, retryBatch } from '../../../server/batches/change-batch.ts'
import { createBatch } from '../../../server/batches/create-batch.ts'
import { presentBatchReceipt, presentChange } from '../../../server/batches/present-batch.ts'
import { decodePageCursor } from '../../../server/tasks/page-cursor.ts'
import { presentTask } from '../../../server/tasks/present-task.ts'
import { listOwnTasks } from '../../../server/tasks/task-repository.ts'
import { ErrorSchema, noStore, Ok, ok } from '../envelope.ts'
import { taskScopes } from '../../scopes.ts'
import { batchReader } from './batch-request.ts'
import { BatchBodySchema, BatchCancelledSchema, BatchListSchema, BatchParams, BatchQuery, BatchReceiptSchema, BatchRetriedSchema, BatchSchema } from './batch-schemas.ts'
import { RetryBodySchema, TaskHeaders } from './schemas.ts'
import { contentUrls, requesterOf } from './task-request.ts'

const BODY_LIMIT = 16 * 1024 * 1024

const batchesRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, db, authenticate } = fastify
  const contentUrl = contentUrls(fastify)
  const readBatch = batchReader(fastify)
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/', {
    bodyLimit: BODY_LIMIT,
    config: { judges: 'items' },
    schema: {
      summary: 'Create and remix up to 500 videos at once',
      description: 'Each item is accepted or refused by itself, unless `atomic`. The tasks are kept from the moment of the 201 and submitted afterwards, behind tasks that were made one by one.',
      tags: ['batches'],
      headers: TaskHeaders,
      body: BatchBodySchema,
      response: { 201: Ok(BatchReceiptSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const receipt = await createBatch(context, requesterOf(request), await readBatch(request))
    reply.code(201).header('location', `/api/video/batches/${receipt.batchId}`)
    return ok(reply, presentBatchReceipt(receipt, request.locale))
  })

  fastify.get('/', {
    schema: {
      summary: 'List my batches',
      description: 'Newest first, each with how its tasks stand.',
      tags: ['batches'],
      querystring: BatchQuery,
      response: { 200: Ok(BatchListSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { user, query: { limit, cursor } } = request
    const { batches, nextCursor } = await listOwnBatches(db, user.id, { limit, cursor: cursor === undefined ? undefined : decodePageCursor(cursor) })
    return ok(reply, { batches: batches.map(({ id, created_at: createdAt, user_id: _, ...standing }) => ({ batchId: id, createdAt, ...standing })), nextCursor })
  })

  fastify.get('/:batchId', {
    schema: {
      summary: 'Read a batch and its tasks',
      description: 'How many tasks have which status, and the tasks in the order of the items, page by page.',
      tags: ['batches'],
      params: BatchParams,
      querystring: BatchQuery,
      response: { 200: Ok(BatchSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { user, params, query: { limit, cursor } } = request
    const { id, created_at: createdAt } = await findOwnBatchOrThrow(db, user.id, params.batchId)
    const standing = await findStanding(db, id)
    const { tasks, nextCursor } = await listOwnTasks(db, user.id, { batchId: id, order: 'asc', limit, cursor: cursor === undefined ? undefined : decodePageCursor(cursor) })
    const reader = { locale: request.locale, contentUrl }
    return ok(reply, { batchId: id, createdAt, ...standing, items: tasks.map(task => presentTask(task, reader)), nextCursor })
  })

  fastify.post('/:batchId/cancel', {
    schema: {
      summary: 'Cancel what of a batch is unfinished',
      description: 'Says of each unfinished task what came of it, as the cancel of a task does.',
      tags: ['batches'],
      params: BatchParams,
      response: { 200: Ok(BatchCancelledSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const changes = await cancelBatch(context, request.user.id, request.params.batchId)
    return ok(reply, { items: changes.map(change => presentChange(change, request.locale)) })
  })

  fastify.post('/:batchId/retry', {
    schema: {
      summary: 'Have the failed tasks of a batch made again',
      description: 'The same tasks, new attempts. What may have been made and billed already only with acceptDuplicateRisk.',
      tags: ['batches'],
      params: BatchParams,
      body: RetryBodySchema,
      response: { 200: Ok(BatchRetriedSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const changes = await retryBatch(context, request.user.id, request.params.batchId, request.body?.acceptDuplicateRisk ?? false)
    return ok(reply, { items: changes.map(change => presentChange(change, request.locale)) })
  })
}

export default batchesRoutes

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { cancelTask } from '../../../server/tasks/cancel-task.ts'
import { createTask } from '../../../server/tasks/create-task.ts'
import { deleteTask } from '../../../server/tasks/delete-task.ts'
import { deriveTask } from '../../../server/tasks/derive-task.ts'
import { decodePageCursor } from '../../../server/tasks/page-cursor.ts'
import { presentTask, type Reader } from '../../../server/tasks/present-task.ts'
import { presentRehearsal, rehearseTask } from '../../../server/tasks/rehearse-task.ts'
import { presentReceipt, presentRemixReceipt } from '../../../server/tasks/receipts.ts'
import { retryTask } from '../../../server/tasks/retry-task.ts'
import type { TaskStatus } from '../../../server/tasks/statuses.ts'
import { findOwnTaskOrThrow, listOwnTasks, type TaskFilter } from '../../../server/tasks/task-repository.ts'
import { ErrorSchema, noStore, Ok, ok } from '../envelope.ts'
import { taskScopes } from '../../scopes.ts'
import { CancelledSchema, CreatedSchema, DeletedSchema, RehearsalSchema, RemixedSchema, RetryBodySchema, TaskBodySchema, TaskFormSchema, TaskHeaders, TaskListSchema, TaskParams, TaskQuery, TaskSchema } from './schemas.ts'
import { readTaskForm } from './task-form.ts'
import { contentUrls, requesterOf, taskInput } from './task-request.ts'

/** A data URL of a 10 MiB image, and the rest. */
const BODY_LIMIT = 16 * 1024 * 1024

const tasksRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, submissions, db, authenticate } = fastify
  const contentUrl = contentUrls(fastify)
  const readerOf = (request: FastifyRequest): Reader => ({ locale: request.locale, contentUrl })
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/', {
    bodyLimit: BODY_LIMIT,
    preValidation: readTaskForm,
    schema: {
      summary: 'Create a video',
      description: 'JSON or multipart/form-data. The task is kept from the moment of the 201; `queued` means that the provider has not confirmed it yet. With `dryRun` nothing is kept, sent or paid for: the answer, or the refusal, says what would happen.',
      tags: ['tasks'],
      headers: TaskHeaders,
      body: TaskBodySchema,
      form: TaskFormSchema,
      response: { 200: Ok(RehearsalSchema), 201: Ok(CreatedSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const input = await taskInput(fastify, request)
    if (request.body.dryRun) return ok(reply, presentRehearsal(await rehearseTask(context, request.user.id, input), request.locale))
    const receipt = await createTask(context, submissions, requesterOf(request), input)
    reply.code(201).header('location', `/api/video/tasks/${receipt.videoId}`)
    return ok(reply, presentReceipt(receipt, request.locale))
  })

  fastify.post('/:videoId/remix', {
    bodyLimit: BODY_LIMIT,
    preValidation: readTaskForm,
    schema: {
      summary: 'Remix a finished video',
      description: 'Made on the channel that made the source. Size, ratio and duration are the source\'s unless given.',
      tags: ['tasks'],
      params: TaskParams,
      headers: TaskHeaders,
      body: TaskBodySchema,
      form: TaskFormSchema,
      response: { 200: Ok(RehearsalSchema), 201: Ok(RemixedSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { params: { videoId }, body: { dryRun } } = request
    const input = await taskInput(fastify, request)
    if (dryRun) return ok(reply, presentRehearsal(await rehearseTask(context, request.user.id, input, videoId), request.locale))
    const receipt = await deriveTask(context, submissions, requesterOf(request), 'remix', videoId, input)
    reply.code(201).header('location', `/api/video/tasks/${receipt.videoId}`)
    return ok(reply, presentRemixReceipt(receipt, request.locale))
  })

  fastify.get('/', {
    schema: {
      summary: 'List my tasks, newest first',
      tags: ['tasks'],
      querystring: TaskQuery,
      response: { 200: Ok(TaskListSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { tasks, nextCursor } = await listOwnTasks(db, request.user.id, taskFilter(request.query))
    const reader = readerOf(request)
    return ok(reply, { tasks: tasks.map(task => presentTask(task, reader)), nextCursor })
  })

  fastify.get('/:videoId', {
    schema: {
      summary: 'Read a task',
      tags: ['tasks'],
      params: TaskParams,
      response: { 200: Ok(TaskSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const task = await findOwnTaskOrThrow(db, request.user.id, request.params.videoId)
    return ok(reply, presentTask(task, readerOf(request)))
  })

  fastify.post('/:videoId/cancel', {
    schema: {
      summary: 'Cancel a task',
      description: '`cancelled`: it is. `requested`: the provider has yet to say so. `tooLate` and `unsupported` change nothing.',
      tags: ['tasks'],
      params: TaskParams,
      response: { 200: Ok(CancelledSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { outcome, task } = await cancelTask(context, request.user.id, request.params.videoId)
    return ok(reply, { outcome, task: presentTask(task, readerOf(request)) })
  })

  fastify.post('/:videoId/retry', {
    schema: {
      summary: 'Have a failed or cancelled task made again, or a quarantined one asked after',
      description: 'The same task, a new attempt. While it is unknown whether the last submission was made, only with acceptDuplicateRisk. A task of stage `quarantined` keeps its attempt and its external id: the provider is asked after it again, and nothing is submitted.',
      tags: ['tasks'],
      params: TaskParams,
      body: RetryBodySchema,
      response: { 201: Ok(CreatedSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const receipt = await retryTask(context, submissions, request.user.id, request.params.videoId, request.body?.acceptDuplicateRisk ?? false)
    reply.code(201).header('location', `/api/video/tasks/${receipt.videoId}`)
    return ok(reply, presentReceipt(receipt, request.locale))
  })

  fastify.delete('/:videoId', {
    schema: {
      summary: 'Delete a task and its files',
      description: 'A running task is cancelled first. Its place in the lineage stays, so that its remixes still show where they came from.',
      tags: ['tasks'],
      params: TaskParams,
      response: { 200: Ok(DeletedSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { videoId } = request.params
    await deleteTask(context, request.user.id, videoId)
    return ok(reply, { videoId, deleted: true as const })
  })
}

function taskFilter ({ status, from, to, cursor, ...rest }: Static<typeof TaskQuery>): TaskFilter {
  return {
    ...rest,
    status: status?.split(',') as TaskStatus[] | undefined,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    cursor: cursor === undefined ? undefined : decodePageCursor(cursor)
  }
}

export default tasksRoutes

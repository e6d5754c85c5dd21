import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { findLineage } from '../../../server/tasks/lineage.ts'
import { TASK_STATUSES, TASK_TYPES } from '../../../server/tasks/statuses.ts'
import { findOwnTaskOrThrow } from '../../../server/tasks/task-repository.ts'
import { ErrorSchema, Instant, noStore, Ok, ok } from '../envelope.ts'
import { taskScopes } from '../../scopes.ts'
import { TaskParams } from './schemas.ts'
import { contentUrls } from './task-request.ts'

const NodeSchema = Type.Object({
  videoId: Type.String(),
  parentId: Type.Union([Type.String(), Type.Null()]),
  depth: Type.Integer({ description: 'Steps from the root' }),
  type: Type.Enum([...TASK_TYPES]),
  status: Type.Enum([...TASK_STATUSES]),
  progress: Type.Integer(),
  prompt: Type.String(),
  model: Type.String(),
  thumbnailUrl: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  errorCode: Type.Union([Type.String(), Type.Null()]),
  deleted: Type.Boolean({ description: 'A tombstone: the task is gone, its place in the tree stays' })
}, { title: 'LineageNode' })

const LineageSchema = Type.Object({
  rootId: Type.String(),
  focusId: Type.String(),
  nodes: Type.Array(NodeSchema),
  nextCursor: Type.Union([Type.String(), Type.Null()])
}, { title: 'Lineage' })

const lineageRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, authenticate } = fastify
  const contentUrl = contentUrls(fastify)
  fastify.addHook('onRoute', taskScopes)

  fastify.get('/:videoId/lineage', {
    onRequest: [authenticate, noStore],
    schema: {
      summary: 'Where a video came from and what came of it',
      description: 'The whole tree of remixes, from the topmost ancestor down.',
      tags: ['tasks'],
      params: TaskParams,
      response: { 200: Ok(LineageSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = await findOwnTaskOrThrow(db, request.user.id, request.params.videoId)
    const lineage = await findLineage(db, request.user.id, id)
    const nodes = lineage.nodes.map(({ hasThumbnail, ...node }) => ({ ...node, thumbnailUrl: hasThumbnail ? contentUrl(node.videoId, 'thumbnail') : null }))
    return ok(reply, { ...lineage, nodes })
  })
}

export default lineageRoutes

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodeLineageCursor } from '../../../server/tasks/lineage-cursor.ts'
import { drawDot, drawMermaid } from '../../../server/tasks/lineage-diagrams.ts'
import { findLineage } from '../../../server/tasks/lineage.ts'
import { findOwnTaskOrThrow } from '../../../server/tasks/task-repository.ts'
import { ErrorSchema, noStore, Ok, ok } from '../envelope.ts'
import { taskScopes } from '../../scopes.ts'
import { DiagramSchema, LineageParameters, LineageSchema } from './lineage-schemas.ts'
import { TaskParams } from './schemas.ts'
import { contentUrls } from './task-request.ts'

const DRAW = { mermaid: drawMermaid, dot: drawDot }

const lineageRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, authenticate } = fastify
  const contentUrl = contentUrls(fastify)
  fastify.addHook('onRoute', taskScopes)

  fastify.get('/:videoId/lineage', {
    onRequest: [authenticate, noStore],
    schema: {
      summary: 'Where a video came from and what came of it',
      description: 'The whole tree of remixes, edits and extensions, from the topmost ancestor down; or a part of it. As a diagram with `format`: then `Link` leads to the next page.',
      tags: ['tasks'],
      params: TaskParams,
      querystring: LineageParameters,
      response: {
        200: {
          description: 'Nodes by their depth; or the text of a diagram',
          content: { 'application/json': { schema: Ok(LineageSchema) }, 'text/plain': { schema: DiagramSchema } }
        },
        '4xx': ErrorSchema
      }
    }
  }, async (request, reply) => {
    const { user, params, query: { format, cursor, ...wanted } } = request
    const { id } = await findOwnTaskOrThrow(db, user.id, params.videoId)
    const lineage = await findLineage(db, user.id, id, { ...wanted, cursor: cursor === undefined ? undefined : decodeLineageCursor(cursor, id) })
    if (format) {
      if (lineage.nextCursor) reply.header('link', `<?${new URLSearchParams({ ...Object(request.query), cursor: lineage.nextCursor })}>; rel="next"`)
      return reply.type('text/plain; charset=utf-8').send(DRAW[format](lineage))
    }
    const nodes = lineage.nodes.map(({ hasThumbnail, ...node }) => ({ ...node, thumbnailUrl: hasThumbnail ? contentUrl(node.videoId, 'thumbnail') : null }))
    return reply.type('application/json; charset=utf-8').send(ok(reply, { ...lineage, nodes }))
  })
}

export default lineageRoutes

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { taskScopes } from '../scopes.ts'
import { Bytes, sendContent } from '../send-content.ts'
import { failures, VideoParams } from './schemas.ts'

const ContentQuery = Type.Object({ variant: Type.Enum(['video', 'thumbnail', 'spritesheet'], { default: 'video' }) })

const videoContentRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { authenticate } = fastify
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)

  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/videos/:video_id/content',
    schema: {
      summary: 'Read the bytes of a finished video',
      description: 'One Range at a time, ETag, If-Range, If-None-Match and HEAD are honoured. Never a 2xx before the video is there.',
      tags: ['openai'],
      params: VideoParams,
      querystring: ContentQuery,
      response: { 200: Bytes, 206: Bytes, 304: Type.Null({ description: 'Not changed' }), ...failures }
    },
    handler: async (request, reply) => {
      const { params: { video_id: videoId }, query: { variant }, user } = request
      return await sendContent(fastify, request, reply, { videoId, variant, userId: user.id, download: true })
    }
  })
}

export default videoContentRoutes

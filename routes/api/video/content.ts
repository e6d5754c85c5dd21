import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { contentUrlKey, verifyContentSignature } from '../../../server/media/signed-urls.ts'
import { Bytes, sendContent } from '../../send-content.ts'
import { ErrorSchema } from '../envelope.ts'
import { taskScopes } from '../../scopes.ts'
import { TaskParams } from './schemas.ts'

const ContentQuery = Type.Object({
  variant: Type.Optional(Type.Enum(['video', 'thumbnail', 'spritesheet'], { default: 'video' })),
  download: Type.Optional(Type.Enum(['0', '1'], { description: '1: to be saved by the browser rather than shown' })),
  expires: Type.Optional(Type.String({ description: 'Of a signed address: seconds since 1970' })),
  signature: Type.Optional(Type.String({ description: 'Of a signed address: opens this one content without signing in' }))
})

interface ContentRoute { Params: Static<typeof TaskParams>, Querystring: Static<typeof ContentQuery> }

const contentRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { secrets, authenticate } = fastify
  const key = contentUrlKey(secrets.encryption)
  fastify.addHook('onRoute', taskScopes)

  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/:videoId/content',
    schema: {
      summary: 'Read the bytes of a finished video',
      description: 'With a token, a session cookie, or the signed address that videoUrl is. One Range at a time, ETag, If-Range, If-None-Match and HEAD are honoured.',
      tags: ['tasks'],
      security: [{ bearer: [] }, { session: [] }, { signature: [] }],
      params: TaskParams,
      querystring: ContentQuery,
      response: { 200: Bytes, 206: Bytes, 304: Type.Null({ description: 'Not changed' }), '4xx': ErrorSchema, '5xx': ErrorSchema }
    },
    handler: async (request, reply) => {
      const shared = isSigned(request)
      if (!shared) await authenticate(request, reply)
      const { params: { videoId }, query: { variant = 'video', download } } = request
      return await sendContent(fastify, request, reply, { videoId, variant, userId: shared ? undefined : request.user.id, download: download === '1' })
    }
  })

  function isSigned ({ params: { videoId }, query: { variant = 'video', expires, signature } }: FastifyRequest<ContentRoute>): boolean {
    return expires !== undefined && signature !== undefined &&
      verifyContentSignature({ key, videoId, variant, now: new Date(), expires, signature })
  }
}

export default contentRoutes

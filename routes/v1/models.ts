import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from 'typebox'
import { listOfferedModels } from '../../server/channels/choose-channel.ts'
import { ReelayError } from '../../server/errors.ts'
import { taskScopes } from '../scopes.ts'
import { failures, ModelListSchema, ModelSchema } from './schemas.ts'

const modelsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { context, authenticate } = fastify
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)

  fastify.get('/models', {
    schema: { summary: 'List the models that the channels offer', tags: ['openai'], response: { 200: ModelListSchema, ...failures } }
  }, async () => ({ object: 'list' as const, data: await models() }))

  fastify.get('/models/:model', {
    schema: { summary: 'Read one model', tags: ['openai'], params: Type.Object({ model: Type.String() }), response: { 200: ModelSchema, ...failures } }
  }, async request => {
    const { model } = request.params
    const found = (await models()).find(({ id }) => id === model)
    if (!found) throw new ReelayError('MODEL_NOT_FOUND', { params: { model }, details: [{ field: 'model', message: 'is not offered here' }] })
    return found
  })

  async function models (): Promise<Static<typeof ModelSchema>[]> {
    const offered = await listOfferedModels(context.db, context.upstreams)
    return offered.map(({ model, channel }) => ({ id: model, object: 'model', created: Math.floor(channel.created_at.getTime() / 1000), owned_by: channel.name }))
  }
}

export default modelsRoutes

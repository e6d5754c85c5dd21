import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readHealth } from '../../server/channels/channel-health.ts'
import { checkUpstream } from '../../server/channels/check-channel.ts'
import { createChannel, deleteChannel, updateChannel } from '../../server/channels/change-channel.ts'
import { findListedChannel, listAllChannels } from '../../server/channels/channel-repository.ts'
import { presentChannel, presentHealth } from '../../server/channels/present-channel.ts'
import { forgetRefusal } from '../../server/channels/standing.ts'
import { adminScope } from '../scopes.ts'
import { ChangeChannelSchema, ChannelHealthSchema, ChannelListSchema, ChannelParams, ChannelSchema, CheckedSchema, CreateChannelSchema, DeletedChannelSchema, HealthQuery } from './channel-schemas.ts'
import { ErrorSchema, noStore, Ok, ok } from './envelope.ts'

const tags = ['channels']

const channelsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, secrets, upstreams, workers, log } = fastify
  fastify.addHook('onRoute', adminScope)
  fastify.addHook('onRequest', noStore)
  fastify.addHook('onRequest', fastify.authenticate)
  fastify.addHook('onRequest', fastify.requireAdmin)

  fastify.post('/', {
    schema: {
      summary: 'Create a channel',
      description: 'It takes tasks at once. The key is sealed and never shown again.',
      tags,
      body: CreateChannelSchema,
      response: { 201: Ok(ChannelSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = await createChannel(db, secrets.encryption, request.body)
    log.info({ userId: request.user.id, channelId: id }, 'channel created')
    return reply.code(201).send(ok(reply, presentChannel(await findListedChannel(db, id))))
  })

  fastify.get('/', {
    schema: { summary: 'List the channels, the preferred first', tags, response: { 200: Ok(ChannelListSchema), '4xx': ErrorSchema } }
  }, async (_request, reply) => {
    const channels = await listAllChannels(db)
    return ok(reply, { channels: channels.map(presentChannel) })
  })

  fastify.get('/:channelId', {
    schema: { summary: 'Read a channel', tags, params: ChannelParams, response: { 200: Ok(ChannelSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => ok(reply, presentChannel(await findListedChannel(db, request.params.channelId))))

  fastify.get('/:channelId/health', {
    schema: {
      summary: 'How a channel is doing',
      description: 'What was submitted there within the last minutes and what came of it, and how it stands now: the same whichever process answers, but for thisProcess.',
      tags,
      params: ChannelParams,
      querystring: HealthQuery,
      response: { 200: Ok(ChannelHealthSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = await findListedChannel(db, request.params.channelId)
    const health = await readHealth(db, id, request.query.minutes)
    return ok(reply, presentHealth(request.query.minutes, health, { breaker: upstreams.breakerStates()[id], polls: workers?.pollStats.channels.get(id) }))
  })

  fastify.patch('/:channelId', {
    schema: {
      summary: 'Change, disable or enable a channel',
      description: 'Every process follows within 5 seconds. With another key or address, tasks that were submitted stay with the old ones; disabled, it takes no new tasks and those it has go on to their end. The type stays.',
      tags,
      params: ChannelParams,
      body: ChangeChannelSchema,
      response: { 200: Ok(ChannelSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = await updateChannel(db, secrets.encryption, request.params.channelId, request.body)
    upstreams.forget(id)
    log.info({ userId: request.user.id, channelId: id, fields: Object.keys(request.body) }, 'channel changed')
    return ok(reply, presentChannel(await findListedChannel(db, id)))
  })

  fastify.post('/:channelId/test', {
    schema: {
      summary: 'Try a channel\'s address and key',
      description: 'By a call to the provider that costs nothing. A provider that is away or says no is an answer, not an error.',
      tags,
      params: ChannelParams,
      response: { 200: Ok(CheckedSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { id } = await findListedChannel(db, request.params.channelId)
    upstreams.forget(id)
    const report = await checkUpstream(upstreams, id)
    if (report.ok) await forgetRefusal(db, id)
    return ok(reply, report)
  })

  fastify.delete('/:channelId', {
    schema: {
      summary: 'Delete a channel',
      description: 'It takes no new tasks. Those it has go on to their end, with its key, and what they made is served as before.',
      tags,
      params: ChannelParams,
      response: { 200: Ok(DeletedChannelSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const { channelId: id } = request.params
    await deleteChannel(db, id)
    log.info({ userId: request.user.id, channelId: id }, 'channel deleted')
    return ok(reply, { id, deleted: true as const })
  })
}

export default channelsRoutes

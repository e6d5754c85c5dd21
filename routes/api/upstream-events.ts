import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { eventsKey, isEventsSecret } from '../../server/channels/events-address.ts'
import { UpstreamEvents } from '../../server/tasks/upstream-events.ts'
import { ErrorSchema } from './envelope.ts'

const MAX_EVENT_BYTES = 256 * 1024

const AddressParams = Type.Object({
  channelId: Type.String(),
  secret: Type.String({ description: 'The address as a whole comes from: npm run admin -- webhook-url <channel>' })
})

const upstreamEventsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const key = eventsKey(fastify.secrets.encryption)
  const events = new UpstreamEvents(fastify.context)
  fastify.addHook('preClose', () => events.close())

  // Whatever it says it is: providers sign the bytes.
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  fastify.post<{ Params: { channelId: string, secret: string } }>('/:channelId/:secret', {
    bodyLimit: MAX_EVENT_BYTES,
    // Before anything is read or looked up. A wrong secret and a channel that is none are the same nothing.
    async onRequest ({ params: { channelId, secret } }, reply) {
      if (!isEventsSecret(key, channelId, secret)) return reply.callNotFound()
    },
    schema: {
      summary: 'For providers: an event of a channel',
      description: 'The job the event is about is polled now instead of when it was planned; the event itself changes nothing. Where the channel has a signing secret (UPSTREAM_WEBHOOK_SECRET) the signature must be right and at most 5 minutes old. Any content type, at most 256 KiB.',
      tags: ['operations'],
      security: [],
      params: AddressParams,
      response: { 204: Type.Null({ description: 'Taken note of; also when the job is not known' }), '4xx': ErrorSchema }
    }
  }, async ({ params, headers, body }, reply) => {
    await events.receive(params.channelId, { headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) })
    return await reply.code(204).send(null)
  })
}

export default upstreamEventsRoutes

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from 'typebox'
import { listOffer } from '../../server/channels/offered-models.ts'
import type { Taken } from '../../server/upstreams/upstream.ts'
import { taskScopes } from '../scopes.ts'
import { ErrorSchema, noStore, Ok, ok } from './envelope.ts'

type Item = ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>

const known = <T extends Item>(item: T) => Type.Unsafe<ReadonlyArray<Static<T>> | null>(Type.Union([Type.Array(item), Type.Null()], { description: 'null: not known, the provider decides' }))
const taken = <T extends Item>(item: T) => Type.Unsafe<Taken<Static<T>>>(Type.Union([Type.Boolean(), Type.Array(item)], { description: 'false: not taken; true: any; a list: one of these' }))

const Parameters = Type.Object({
  seed: Type.Boolean(),
  negativePrompt: Type.Boolean(),
  watermark: Type.Boolean(),
  strength: Type.Boolean(),
  audio: Type.Boolean(),
  style: taken(Type.String()),
  cameraMotion: taken(Type.String()),
  fps: taken(Type.Number())
})

const Abilities = {
  sizes: known(Type.String()),
  aspectRatios: known(Type.String()),
  seconds: known(Type.Number()),
  inputs: Type.Object({
    image: Type.Boolean({ description: 'inputReference' }),
    firstFrame: Type.Boolean(),
    lastFrame: Type.Boolean(),
    referenceImages: Type.Integer({ description: 'How many at most' }),
    referencesWithFrames: Type.Boolean({ description: 'Whether they can come with an image that the video begins or ends with' })
  }),
  needs: Type.Unsafe<'image' | 'video' | null>(Type.Union([Type.Enum(['image', 'video']), Type.Null()], { description: 'What it makes no new video without; a model that needs a video only remixes, edits or extends' })),
  parameters: Parameters,
  derived: Type.Object({ image: Type.Boolean({ description: 'inputReference' }), parameters: Parameters }, { description: 'What a remix, an edit or an extension takes beside prompt and shape' }),
  remix: Type.Boolean(),
  edit: Type.Boolean(),
  extend: Type.Boolean(),
  characters: Type.Boolean(),
  cancel: Type.Boolean(),
  progress: Type.Boolean({ description: 'Whether the provider reports it; else it is estimated' }),
  estimatedSeconds: Type.Union([Type.Integer(), Type.Null()], { description: 'As long as half of its tasks took lately; null while too few are known' })
}

const ChannelOfferSchema = Type.Object({
  channelId: Type.String(),
  channelName: Type.String(),
  ...Abilities,
  price: Type.Union([Type.Object({ amount: Type.Number(), currency: Type.String(), per: Type.Enum(['video', 'second']) }), Type.Null()], { description: 'As set for the channel; nothing is billed by it' })
}, { title: 'ChannelOffer' })

const OfferSchema = Type.Object({
  models: Type.Array(Type.Object({ name: Type.String(), ...Abilities, channels: Type.Array(ChannelOfferSchema, { description: 'Which of them can do what, the preferred first; a request is made by one that can do all of it' }) }, { title: 'OfferedModel', description: 'What one channel or another can do' })),
  otherModels: Type.Array(ChannelOfferSchema, { description: 'The channels that take any other name; their providers decide' })
})

const modelsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, context, authenticate } = fastify
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.get('/', {
    schema: {
      summary: 'List the models on offer and what they can do',
      description: 'What is taken in parameters and images, so that only what works need be offered. `/v1/models` lists the same names for OpenAI\'s SDKs.',
      tags: ['tasks'],
      response: { 200: Ok(OfferSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (_request, reply) => ok(reply, await listOffer(db, context.runTimes, context.upstreams)))
}

export default modelsRoutes

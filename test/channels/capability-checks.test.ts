import t from 'tap'
import { missingCapabilities, type Wish } from '../../server/channels/capability-checks.ts'
import type { Capabilities, ModelCapabilities } from '../../server/upstreams/upstream.ts'

const ALL: ModelCapabilities = {
  imageInput: true, firstFrame: true, lastFrame: true, referenceImages: 3, mixesImages: true, seed: true, negativePrompt: true, watermark: true, strength: true, style: ['film'], cameraMotion: true, fps: [24, 30], audio: true
}
const capabilities = {
  models: { all: ALL, none: { imageInput: false }, apart: { ...ALL, mixesImages: false }, sized: { ...ALL, sizes: ['1280x720'], seconds: [4] }, shapeless: { imageInput: true, sizes: [] }, portrait: { imageInput: true, needs: 'image', derivations: [] }, editor: { imageInput: false, needs: 'video', derivations: ['remix'] } },
  anyModel: true,
  otherModel: { imageInput: true, seed: true },
  derived: { imageInput: true, seed: true },
  remix: true,
  edit: false,
  extend: false,
  characters: false
} as unknown as Capabilities

const NOTHING: Wish = { operation: 'create', image: false, characters: false, seed: false, negativePrompt: false }
const EVERYTHING: Wish = {
  ...NOTHING, firstFrame: true, lastFrame: true, referenceImages: 3, seed: true, negativePrompt: true, watermark: true, strength: true, style: 'film', cameraMotion: 'pan left', fps: 30, audio: true
}

const refused = (model: string, wish: Wish) => missingCapabilities(capabilities, model, wish).map(({ field }) => field)

t.test('a model takes what it says, and nothing else', async t => {
  t.same(refused('all', EVERYTHING), [])
  t.same(refused('none', NOTHING), [])
  t.same(refused('none', { ...EVERYTHING, image: true }), ['inputReference', 'firstFrame', 'lastFrame', 'referenceImages', 'seed', 'negativePrompt', 'watermark', 'strength', 'audio', 'style', 'cameraMotion', 'fps'])
})

t.test('a list is a choice, a number the most', async t => {
  t.same(refused('all', { ...NOTHING, style: 'anime', fps: 60, referenceImages: 4 }), ['referenceImages', 'style', 'fps'])
  t.same(refused('sized', { ...NOTHING, size: '720x1280', duration: 5 }), ['size', 'duration'])
  t.same(refused('all', { ...NOTHING, size: '720x1280', duration: 5 }), [], 'a list that is not known is passed on')
})

t.test('images that would be dropped are refused: two for the beginning, references beside it', async t => {
  t.same(refused('all', { ...NOTHING, image: true, firstFrame: true }), ['firstFrame'])
  for (const frame of ['image', 'firstFrame', 'lastFrame']) {
    t.same(refused('apart', { ...NOTHING, [frame]: true, referenceImages: 1 }), ['referenceImages'], frame)
    t.same(refused('all', { ...NOTHING, [frame]: true, referenceImages: 1 }), [], frame)
  }
  t.same(refused('apart', { ...NOTHING, referenceImages: 1 }), [])
  t.same(refused('apart', { ...NOTHING, firstFrame: true, lastFrame: true }), [])
})

t.test('a model nobody knows takes what its protocol has a field for', async t => {
  t.same(refused('new', { ...NOTHING, image: true, seed: true }), [])
  t.same(refused('new', { ...NOTHING, strength: true }), ['strength'])
})

t.test('a remix carries what its protocol carries there, for whatever model', async t => {
  t.same(refused('sized', { ...NOTHING, operation: 'remix', image: true, seed: true }), [])
  t.same(refused('sized', { ...NOTHING, operation: 'remix', size: '720x1280', style: 'film' }), ['size', 'style'])
  t.same(refused('none', { ...NOTHING, operation: 'remix', image: true, seed: true }), ['inputReference', 'seed'], 'and what the model takes at all')
})

t.test('single models cannot do all that their channel can', async t => {
  t.same(refused('portrait', NOTHING), ['inputReference'])
  t.same(refused('portrait', { ...NOTHING, image: true }), [])
  t.same(refused('portrait', { ...NOTHING, operation: 'remix' }), ['model'])
  t.same(refused('editor', NOTHING), ['model'])
  t.same(refused('editor', { ...NOTHING, operation: 'remix' }), [])
  t.match(missingCapabilities(capabilities, 'shapeless', { ...NOTHING, size: '1280x720' }), [{ field: 'size', message: 'is not taken by this model' }])
})

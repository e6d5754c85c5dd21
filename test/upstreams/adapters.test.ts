import t from 'tap'
import { ADAPTER_TYPES, adapterCapabilities, createUpstream } from '../../server/upstreams/adapters.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import { submittedModel } from '../../server/upstreams/models.ts'

t.test('the adapters are known by their types', async t => {
  t.same(ADAPTER_TYPES, ['sora-relay', 'openai', 'fal', 'runway', 'ark'])
  const egress = createEgress()
  t.teardown(() => egress.close())
  for (const type of ['', 'nope', 'constructor', '__proto__']) {
    t.throws(() => adapterCapabilities(type, null), /There is no adapter/)
    t.throws(() => createUpstream(type, { channelId: 'c', baseUrl: 'http://x', apiKey: 'k', settings: {} }, egress), /There is no adapter/)
  }
})

t.test('without a list a channel offers what its adapter knows', async t => {
  for (const models of [null, []]) {
    const { models: offered, anyModel } = adapterCapabilities('openai', models)
    t.same(Object.keys(offered), ['sora-2', 'sora-2-pro', 'sora-2-2025-10-06', 'sora-2-2025-12-08', 'sora-2-pro-2025-10-06'])
    t.equal(anyModel, false)
  }
  t.match(adapterCapabilities('sora-relay', null).models, { 'sora_video2-15s': { upstreamModel: 'sora_video2', aspectRatios: ['9:16'], seconds: [15] } })
})

t.test('a list narrows and orders the offer; names the adapter does not know take what the protocol has fields for', async t => {
  const { models, anyModel } = adapterCapabilities('openai', ['wan-2.2', 'sora-2', '__proto__'])
  t.same(Object.keys(models), ['wan-2.2', 'sora-2', '__proto__'])
  t.equal(anyModel, false)
  t.same(models['wan-2.2'], { imageInput: true, seed: true, negativePrompt: true, watermark: true, fps: true })
  t.same(adapterCapabilities('openai', ['wan-2.2'], { dialect: 'sglang' }).models['wan-2.2'], { imageInput: true, seed: true, fps: true })
  t.same(adapterCapabilities('sora-relay', ['*']).otherModel, { imageInput: true, watermark: true })
  t.ok(models['sora-2']!.sizes!.includes('1280x720'))
})

t.test('a star takes any model and keeps the known ones', async t => {
  const { models, anyModel } = adapterCapabilities('openai', ['*', 'house'])
  t.equal(anyModel, true)
  t.same(Object.keys(models).slice(0, 2), ['house', 'sora-2'])
})

t.test('a submission that is repeated is for what the first was for, wherever its name leads by now', async t => {
  const offerOf = (modelAliases: object) => adapterCapabilities('runway', null, { modelAliases })
  const fast = { model: 'fast', upstreamModel: 'gen4_turbo' }
  t.match(submittedModel(offerOf({ fast: 'gen4_turbo' }), { model: 'fast' }), { upstreamModel: 'gen4_turbo', needs: 'image' })
  t.match(submittedModel(offerOf({ fast: 'gen4.5' }), fast), { upstreamModel: 'gen4_turbo', needs: 'image' })
  t.match(submittedModel(offerOf({}), fast), { upstreamModel: 'gen4_turbo', needs: 'image' })
  t.equal(submittedModel(offerOf({}), { model: 'fast' }), undefined, 'what was never sent under it is not sent')
  t.equal(submittedModel(offerOf({}), { model: 'gen4.5' })!.upstreamModel, 'gen4.5')
})

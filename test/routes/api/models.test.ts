import t from 'tap'
import { recordRunTimes } from '../../../server/cadence/run-time-profiles.ts'
import { startApp } from '../../support/app.ts'
import { addChannel } from '../../support/channels.ts'
import { SANDBOX_KEY, startSandboxUpstream } from '../../support/sandbox-upstream.ts'

const upstream = await startSandboxUpstream(t, { type: 'openai' })
const server = await startApp(t, upstream.env)
const { app, admin, login, db } = server
const somebody = await login()

const list = async () => (await somebody.get('/api/models')).json().data
const modelOf = async (name: string) => (await list()).models.find((model: { name: string }) => model.name === name)

const channel = await db.selectFrom('channels').selectAll().where('name', '=', 'env').executeTakeFirstOrThrow()
const settings = { prices: { 'sora-2': { amount: 0.1, currency: 'USD', per: 'second' } } }
await db.updateTable('channels').set({ models: JSON.stringify(['sora-2', 'wan-2.2']), settings: JSON.stringify(settings) }).where('id', '=', channel.id).execute()

t.test('a model says what it takes, and what its provider can do', async t => {
  t.match(await modelOf('sora-2'), {
    sizes: ['720x1280', '1280x720', '1024x1792', '1792x1024'],
    seconds: [4, 8, 12, 16, 20],
    inputs: { image: true, firstFrame: false, lastFrame: false, referenceImages: 0, referencesWithFrames: false },
    needs: null,
    parameters: { seed: false, negativePrompt: false, watermark: false, strength: false, audio: false, style: false, cameraMotion: false, fps: false },
    derived: { image: true, parameters: { seed: false, audio: false, style: false } },
    remix: true,
    edit: true,
    extend: true,
    cancel: false,
    progress: true,
    estimatedSeconds: null,
    channels: [{ channelId: channel.id, channelName: 'env', price: settings.prices['sora-2'] }]
  })
  t.match(await modelOf('wan-2.2'), { sizes: null, seconds: null, parameters: { seed: true, fps: true, style: false }, channels: [{ price: null }] })
  t.same((await list()).otherModels, [])
})

t.test('an alias costs what it stands for, and says what that needs', async t => {
  const id = await addChannel(server, { type: 'runway', baseUrl: upstream.url }, { modelAliases: { animate: 'gen4_turbo', cut: 'aleph2' }, prices: { gen4_turbo: { amount: 0.05, currency: 'USD', per: 'second' } } })
  const offers = await Promise.all(['animate', 'gen4_turbo', 'cut', 'gen4.5'].map(modelOf))
  t.same(offers.map(({ needs, channels: [{ price }] }) => [needs, price?.amount ?? null]), [['image', 0.05], ['image', 0.05], ['video', null], [null, null]])
  await admin.inject({ method: 'DELETE', url: `/api/channels/${id}` })
})

t.test('what it says is what is accepted', async t => {
  const bodies = { seed: 1, negativePrompt: 'dogs', strength: 0.5, audio: true, style: 'film', cameraMotion: 'pan', fps: 24 }
  for (const { name, parameters } of (await list()).models) {
    for (const [field, value] of Object.entries(bodies)) {
      const { statusCode } = await admin.post('/api/video/tasks', { prompt: 'a', model: name, [field]: value, dryRun: true })
      t.equal(statusCode, parameters[field] === false ? 400 : 200, `${name} ${field}`)
    }
  }
})

t.test('what it says a remix takes is what is accepted of one', async t => {
  const ids = [channel.id, await addChannel(server, { type: 'runway', baseUrl: upstream.url }, { name: 'cuts' }), await addChannel(server, { type: 'ark', baseUrl: upstream.url }, { name: 'seeds' })]
  const { id: userId } = await db.selectFrom('users').select('id').where('username', '=', admin.username).executeTakeFirstOrThrow()
  const bodies = { seed: 1, negativePrompt: 'dogs', watermark: true, strength: 0.5, audio: true, style: 'film', cameraMotion: 'pan', fps: 24 }
  const taken: string[] = []
  for (const { name, channels } of (await list()).models) {
    for (const { channelId, derived } of channels.filter((offer: { channelId: string, remix: boolean }) => offer.remix && ids.includes(offer.channelId))) {
      const source = { id: `video_1700000000000_${String(ids.indexOf(channelId)).padStart(7, '0')}`, user_id: userId, status: 'COMPLETED', stage: 'completed', progress: 100, channel_id: channelId, external_task_id: `x${channelId}`, model: name, prompt: 'a' }
      await db.insertInto('tasks').values(source as never).onConflict(conflict => conflict.column('id').doUpdateSet({ model: name })).execute()
      for (const [field, value] of Object.entries(bodies)) {
        const { statusCode } = await admin.post(`/api/video/tasks/${source.id}/remix`, { prompt: 'b', [field]: value, dryRun: true })
        t.equal(statusCode, derived.parameters[field] === false ? 400 : 200, `${name} ${field}`)
        if (statusCode === 200) taken.push(field)
      }
    }
  }
  t.same([...new Set(taken)].toSorted(), ['audio', 'seed', 'watermark'])
  await db.deleteFrom('tasks').execute()
  for (const id of ids.slice(1)) await admin.inject({ method: 'DELETE', url: `/api/channels/${id}` })
})

t.test('of several channels each keeps its word beside what one or another can do', async t => {
  const copy = { ...channel, id: 'second', name: 'second', models: JSON.stringify(['sora-2', '*']), settings: JSON.stringify({ dialect: 'vllm-omni' }), priority: -1 }
  await db.insertInto('channels').values(copy as never).execute()
  t.teardown(() => db.deleteFrom('channels').where('id', '=', 'second').execute())
  const model = await modelOf('sora-2')
  t.match(model, { remix: true, edit: true, channels: [{ channelName: 'env', edit: true }, { channelName: 'second', remix: false, edit: false }] })
  t.match((await list()).otherModels, [{ channelId: 'second', parameters: { seed: true, negativePrompt: true, fps: true, watermark: false }, sizes: null }])
})

t.test('it tells how long a model takes once that is learnt', async t => {
  const run = (duration: string, seconds: number) => ({ channelId: channel.id, model: 'sora-2', duration, afterMs: seconds * 1000 - 2_000, untilMs: seconds * 1000 + 2_000 })
  const runs = [...Array.from({ length: 12 }, () => run('4', 30)), ...Array.from({ length: 20 }, () => run('8', 60))]
  await db.transaction().execute(trx => recordRunTimes(trx, runs))
  const { estimatedSeconds, channels } = await modelOf('sora-2')
  t.ok(estimatedSeconds > 50 && estimatedSeconds < 70, `${estimatedSeconds}`)
  t.equal(channels[0].estimatedSeconds, estimatedSeconds)
})

t.test('it is for whoever is signed in, and keeps addresses and keys to itself', async t => {
  t.equal((await app.inject('/api/models')).statusCode, 401)
  const { body } = await somebody.get('/api/models')
  t.notMatch(body, new RegExp(`${SANDBOX_KEY}|127\\.0\\.0\\.1|baseUrl`))
})

t.test('without any channel nothing is on offer; without a real one the sandbox is', async t => {
  await db.updateTable('channels').set({ disabled_at: new Date() }).where('id', '=', channel.id).execute()
  t.same(await list(), { models: [], otherModels: [] })
  const sandboxed = await startApp(t)
  t.match((await sandboxed.admin.get('/api/models')).json().data.models[0], { name: 'sora_video2', channels: [{ channelName: 'sandbox' }] })
})

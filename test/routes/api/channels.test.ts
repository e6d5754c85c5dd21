import t from 'tap'
import { openCredential, openWebhookSecret } from '../../../server/channels/credentials.ts'
import { startApp, type TestApp } from '../../support/app.ts'
import { SANDBOX_KEY, startSandboxUpstream } from '../../support/sandbox-upstream.ts'

const KEY = 'sk-canary-5f1e'

function body (more: object = {}) {
  return { name: `channel ${crypto.randomUUID()}`, type: 'openai', baseUrl: 'http://127.0.0.1:1/v1', apiKey: KEY, ...more }
}

async function create ({ admin }: TestApp, more: object = {}) {
  const created = await admin.post('/api/channels', body(more))
  if (created.statusCode !== 201) throw new Error(created.body)
  return created.json().data as { id: string, name: string }
}

const patch = ({ admin }: TestApp, id: string, payload: object) => admin.inject({ method: 'PATCH', url: `/api/channels/${id}`, payload })
const remove = ({ admin }: TestApp, id: string) => admin.inject({ method: 'DELETE', url: `/api/channels/${id}` })

t.test('without providers of the environment', async t => {
  const server = await startApp(t)
  const { admin, app, db } = server

  t.test('a channel is created with all it can have; its secrets are sealed and in no answer', async t => {
    const settings = { models: ['sora-2', '*'], modelAliases: { fast: 'sora-2' }, dialect: 'litellm', priority: 5, weight: 3, concurrency: 4, requestsPerMinute: 60, pollConcurrency: 8, pollsPerSecond: 2.5, prices: { fast: { amount: 0.1, currency: 'USD', per: 'second' } } }
    const created = await admin.post('/api/channels', body({ name: 'studio', webhookSecret: 'whsec_canary', ...settings }))
    t.equal(created.statusCode, 201)
    const channel = created.json().data
    t.match(channel, { name: 'studio', source: 'api', enabled: true, baseUrl: 'http://127.0.0.1:1/v1', hasApiKey: true, hasWebhookSecret: true, ...settings })
    const answers = [created, await admin.get('/api/channels'), await admin.get(`/api/channels/${channel.id}`), await patch(server, channel.id, { weight: 4 })]
    for (const answer of answers) t.notMatch(answer.body, /canary/)

    const row = await db.selectFrom('channels').selectAll().where('id', '=', channel.id).executeTakeFirstOrThrow()
    const { id } = await db.selectFrom('channel_credentials').select('id').where('channel_id', '=', channel.id).executeTakeFirstOrThrow()
    t.same(await openCredential(db, app.secrets.encryption, id), { baseUrl: 'http://127.0.0.1:1/v1', apiKey: KEY })
    t.equal(openWebhookSecret(app.secrets.encryption, row), 'whsec_canary')
  })

  t.test('what cannot be is refused by field, and says nothing of the key', async t => {
    const cases: Array<[object, string]> = [
      [{ type: 'nope' }, 'type'],
      [{ name: '' }, 'name'],
      [{ name: 'env' }, 'name'],
      [{ name: 'sandbox' }, 'name'],
      [{ baseUrl: 'ftp://example.com' }, 'baseUrl'],
      [{ baseUrl: 'not a url' }, 'baseUrl'],
      [{ baseUrl: 'https://me:secret@example.com/v1' }, 'baseUrl'],
      [{ baseUrl: 'https://example.com/v1?key=1' }, 'baseUrl'],
      [{ apiKey: 'with\nline' }, 'apiKey'],
      [{ apiKey: undefined }, 'apiKey'],
      [{ dialect: 'klingon' }, 'dialect'],
      [{ type: 'sora-relay', dialect: 'openai' }, 'dialect'],
      [{ weight: 0 }, 'weight'],
      [{ concurrency: 1.5 }, 'concurrency'],
      [{ models: [] }, 'models'],
      [{ modelAliases: { fast: 7 } }, 'modelAliases.fast'],
      [{ prices: { fast: { amount: 1, currency: 'usd', per: 'video' } } }, 'prices.fast.currency'],
      [{ colour: 'red' }, 'colour']
    ]
    for (const [more, field] of cases) {
      const refused = await admin.post('/api/channels', body(more))
      t.equal(refused.statusCode, 400, field)
      t.match(refused.json(), { code: 'REQUEST_INVALID', details: [{ field }] })
      t.notMatch(refused.body, /canary/)
    }
  })

  t.test('a name is taken until its channel is deleted', async t => {
    const { id } = await create(server, { name: 'twice' })
    t.match((await admin.post('/api/channels', body({ name: 'twice' }))).json(), { code: 'CHANNEL_EXISTS', details: [{ field: 'name' }] })
    t.same((await remove(server, id)).json().data, { id, deleted: true })
    const { id: next } = await create(server, { name: 'twice' })
    for (const answer of [await remove(server, id), await patch(server, id, { weight: 2 }), await admin.get(`/api/channels/${id}`)]) {
      t.equal(answer.statusCode, 404)
      t.equal(answer.json().code, 'CHANNEL_NOT_FOUND')
    }
    await create(server, { name: 'other' })
    t.equal((await patch(server, next, { name: 'other' })).json().code, 'CHANNEL_EXISTS')
    await remove(server, next)
  })

  t.test('null takes a setting away, what has no name here stays, another type is refused', async t => {
    const { id } = await create(server, { concurrency: 2, modelAliases: { a: 'b' }, models: ['b'] })
    await db.updateTable('channels').set({ settings: JSON.stringify({ concurrency: 2, modelAliases: { a: 'b' }, cancel: true }) }).where('id', '=', id).execute()
    const changed = await patch(server, id, { concurrency: null, modelAliases: null, models: null, webhookSecret: null, dialect: 'sglang' })
    t.match(changed.json().data, { concurrency: null, modelAliases: {}, models: null, dialect: 'sglang', hasWebhookSecret: false })
    const { settings } = await db.selectFrom('channels').select('settings').where('id', '=', id).executeTakeFirstOrThrow()
    t.same(settings, { cancel: true, dialect: 'sglang' })
    t.match((await patch(server, id, { type: 'sora-relay' })).json().details, [{ field: 'type' }])
    t.equal((await patch(server, id, {})).statusCode, 400)
  })

  t.test('a key goes to the address it was given for: another address needs it again', async t => {
    const { id } = await create(server)
    const moved = await patch(server, id, { baseUrl: 'http://127.0.0.1:2/v1' })
    t.equal(moved.statusCode, 400)
    t.match(moved.json().details, [{ field: 'apiKey' }])
    t.equal((await patch(server, id, { baseUrl: 'http://127.0.0.1:2/v1', apiKey: KEY })).statusCode, 200)
    const rows = await db.selectFrom('channel_credentials').select(['base_url', 'retired_at']).where('channel_id', '=', id).orderBy('created_at').execute()
    t.match(rows, [{ base_url: 'http://127.0.0.1:1/v1', retired_at: Date }, { base_url: 'http://127.0.0.1:2/v1', retired_at: null }])
    await patch(server, id, { apiKey: KEY })
    t.equal((await db.selectFrom('channel_credentials').select('id').where('channel_id', '=', id).execute()).length, 2, 'the same key again changes nothing')
  })

  t.test('users and their keys see none of it; the sandbox is shown and stays as it is', async t => {
    const user = await server.login()
    t.equal((await user.get('/api/channels')).json().code, 'PERMISSION_DENIED')
    t.match((await admin.get('/api/channels/sandbox')).json().data, { name: 'sandbox', source: 'builtin', hasApiKey: false, baseUrl: null })
    for (const answer of [await patch(server, 'sandbox', { enabled: false }), await remove(server, 'sandbox')]) {
      t.equal(answer.statusCode, 409)
      t.equal(answer.json().code, 'CHANNEL_FIXED')
    }
  })
})

t.test('the channel of the environment can be disabled here, and nothing else', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const [{ id, source }] = (await server.admin.get('/api/channels')).json().data.channels
  t.equal(source, 'env')
  for (const answer of [await patch(server, id, { weight: 2 }), await patch(server, id, { enabled: false, apiKey: 'another' }), await remove(server, id)]) {
    t.equal(answer.statusCode, 409)
    t.match(answer.json(), { code: 'CHANNEL_FIXED', error: /UPSTREAM_/ })
  }
  t.equal((await patch(server, id, { enabled: false })).json().data.enabled, false)
  const sibling = await server.startSibling(t)
  t.equal((await sibling.admin.get(`/api/channels/${id}`)).json().data.enabled, false, 'also after another start')
  t.equal((await server.admin.post('/api/video/tasks', { prompt: 'a cat' })).json().code, 'CHANNEL_UNAVAILABLE')
  t.equal((await patch(server, id, { enabled: true })).json().data.enabled, true)
  await server.admin.createTask()
})

t.test('while the owner\'s channels are disabled the sandbox does not take their place', async t => {
  const server = await startApp(t)
  const { id } = await create(server, { enabled: false })
  t.equal((await server.admin.post('/api/video/tasks', { prompt: 'a cat' })).json().code, 'CHANNEL_UNAVAILABLE')
  t.same((await server.admin.get('/v1/models')).json(), { object: 'list', data: [] }, 'nothing to choose from is a list too')
  await remove(server, id)
  await server.admin.createTask()
})

t.test('a name of the channel\'s own is sent as the model it stands for', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t)
  const { id } = await create(server, { type: 'sora-relay', baseUrl: upstream.url, apiKey: SANDBOX_KEY, models: ['cheap', 'house'], modelAliases: { cheap: 'sora_video2-portrait', house: 'wan-2.2' } })
  t.match((await server.admin.createTask({ model: 'cheap' })), { status: 'processing' })
  await server.admin.createTask({ model: 'house' })
  t.same((await upstream.ledger()).map(job => [job.model, job.request.size]), [['sora_video2', '720x1280'], ['wan-2.2', '720x720']])
  t.match((await server.admin.post('/api/video/tasks', { prompt: 'x', model: 'sora_video2' })).json(), { code: 'MODEL_UNKNOWN' })
  t.match((await server.admin.post('/api/video/tasks', { prompt: 'x', model: 'cheap', aspectRatio: '16:9' })).json(), { code: 'CAPABILITY_MISSING' })
  t.same((await server.admin.get('/v1/models')).json().data.map((model: { id: string }) => model.id), ['cheap', 'house'])

  await patch(server, id, { modelAliases: { cheap: 'wan-3' } })
  await server.admin.createTask({ model: 'cheap' })
  t.equal((await upstream.ledger()).at(-1)!.model, 'wan-3', 'a change holds at once')
})

t.test('with another key and address, running tasks go on where they were submitted; also when the channel is deleted', async t => {
  const first = await startSandboxUpstream(t, { durationMs: 1_000 })
  const second = await startSandboxUpstream(t)
  const server = await startApp(t)
  const { id } = await create(server, { type: 'sora-relay', baseUrl: first.url, apiKey: SANDBOX_KEY })
  const before = await server.admin.createTask()
  await patch(server, id, { baseUrl: second.url, apiKey: SANDBOX_KEY })
  const after = await server.admin.createTask()
  t.equal((await second.ledger()).length, 1)
  await remove(server, id)
  for (const { videoId } of [before, after]) {
    await server.waitForTask(videoId, 'COMPLETED')
    t.equal((await server.admin.get(`/api/video/tasks/${videoId}/content`)).statusCode, 200)
  }
  t.equal((await server.admin.post(`/api/video/tasks/${before.videoId}/remix`, { prompt: 'again' })).json().code, 'SOURCE_NOT_REMIXABLE')
  t.same([(await first.ledger()).length, (await second.ledger()).length], [1, 1])
})

import OpenAI from 'openai'
import t from 'tap'
import { createKey, type NewKey } from '../../server/accounts/api-keys.ts'
import { refusal, startOpenaiServer } from '../support/openai-server.ts'

const { db, origin, admin } = await startOpenaiServer(t)

async function sdkWithKey (key: Omit<NewKey, 'name'>): Promise<OpenAI> {
  const { token } = await createKey(db, admin.id, { name: 'sdk', ...key })
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: token, maxRetries: 0 })
}

t.test('the SDK works with an API key', async t => {
  const { videos, models } = await sdkWithKey({ scopes: ['tasks:read', 'tasks:write'] })
  const video = await videos.create({ prompt: 'a cat' })
  t.match(await videos.retrieve(video.id), { id: video.id })
  t.match((await models.list()).data, [{ object: 'model' }])
})

t.test('what its scopes do not allow is refused and not tried again', async t => {
  const { videos } = await sdkWithKey({ scopes: ['tasks:read'] })
  t.ok(Array.isArray((await videos.list()).data))
  t.match(await refusal(videos.create({ prompt: 'a cat' })), { status: 403, code: 'permission_denied', type: 'permission_error' })
  await t.rejects(videos.create({ prompt: 'a cat' }), { message: /tasks:write/ })
})

t.test('a key that is none is an invalid_api_key', async t => {
  const { videos } = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'rl_mistyped', maxRetries: 0 })
  t.match(await refusal(videos.list()), { status: 401, code: 'invalid_api_key', type: 'authentication_error' })
})

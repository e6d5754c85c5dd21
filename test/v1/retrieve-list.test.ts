import t from 'tap'
import { json, refusal, send, startOpenaiServer } from '../support/openai-server.ts'

const { origin, sdk, sdkOf, login, admin, waitForTask, db } = await startOpenaiServer(t)
const get = (path: string) => send(origin, admin, path)

t.test('R1 polled to its end', async t => {
  const created = await sdk.videos.create({ prompt: 'to the end' })
  await waitForTask(created.id, 'COMPLETED')
  const video = await sdk.videos.retrieve(created.id)
  t.match(video, { status: 'completed', progress: 100, error: null })
  t.ok(video.completed_at! >= video.created_at)
})

t.test('R2 a failed video says why, a moderated one in the words clients know', async t => {
  const failed = await sdk.videos.create({ prompt: 'x [[fail]]' })
  await waitForTask(failed.id, 'FAILED')
  t.match(await sdk.videos.retrieve(failed.id), { status: 'failed', completed_at: null, error: { code: 'upstream_failed', message: /could not be generated/ } })
  const moderated = await sdk.videos.create({ prompt: 'x [[moderated]]' })
  await waitForTask(moderated.id, 'FAILED')
  t.match(await sdk.videos.retrieve(moderated.id), { status: 'failed', error: { code: 'moderation_blocked' } })
})

t.test('R3, R4, R5, R7 ids that name nothing of the caller\'s', async t => {
  const { id } = await sdk.videos.create({ prompt: 'mine' })
  t.match(await refusal(sdk.videos.retrieve('video_123')), { status: 404, code: 'not_found', type: 'invalid_request_error' })
  t.match(await refusal(sdk.videos.retrieve('video/1 é')), { status: 404, code: 'not_found' })
  t.match(await refusal(sdkOf(await login()).videos.retrieve(id)), { status: 404, code: 'not_found' })
  t.equal((await get('/v1/videos/')).status, 404)
  t.equal((await get(`/v1/videos/${'x'.repeat(512)}`)).status, 404)
  t.match((await get('/v1/videos/a%00b')).body.error, { code: 'not_found' })
})

t.test('R6 says when to look again, until there is nothing to wait for', async t => {
  const { data: video, response } = await sdk.videos.create({ prompt: 'x [[never]]' }).withResponse()
  const wait = Number(response.headers.get('openai-poll-after-ms'))
  t.ok(wait >= 1_000 && wait <= 10_000)
  t.ok((await get(`/v1/videos/${video.id}`)).headers.get('openai-poll-after-ms'))
  const done = await sdk.videos.create({ prompt: 'done' })
  await waitForTask(done.id, 'COMPLETED')
  t.equal((await get(`/v1/videos/${done.id}`)).headers.get('openai-poll-after-ms'), null)
})

t.test('L1, L5 the shape of a list, and of an empty one', async t => {
  const client = await login()
  const list = () => send(origin, client, '/v1/videos')
  t.same((await list()).body, { object: 'list', data: [], first_id: null, last_id: null, has_more: false })
  const one = await sdkOf(client).videos.create({ prompt: 'one' })
  const two = await sdkOf(client).videos.create({ prompt: 'two' })
  t.match((await list()).body, { object: 'list', data: [{ id: two.id }, { id: one.id }], first_id: two.id, last_id: one.id, has_more: false })
})

t.test('L2 paging shows everything exactly once while others are made', async t => {
  const client = await login()
  const mine = sdkOf(client)
  const made: string[] = []
  for (let i = 0; i < 7; i++) made.push((await mine.videos.create({ prompt: `video ${i}` })).id)
  for (const order of ['asc', 'desc'] as const) {
    const seen: string[] = []
    for await (const video of mine.videos.list({ limit: 2, order })) {
      seen.push(video.id)
      if (seen.length <= 3) await mine.videos.create({ prompt: 'meanwhile' })
      // The last of a page may be gone when the next one is asked for.
      if (seen.length === 2) await db.updateTable('tasks').set({ deleted_at: new Date() }).where('id', '=', video.id).execute()
    }
    t.equal(new Set(seen).size, seen.length, 'none twice')
    const expected = order === 'asc' ? made : made.toReversed()
    t.same(seen.filter(id => made.includes(id)), expected.filter(id => seen.includes(id)), 'in order')
    if (order === 'asc') t.ok(made.every(id => seen.includes(id)))
  }
})

t.test('L3 limits', async t => {
  for (const limit of ['0', '1', '100']) t.equal((await get(`/v1/videos?limit=${limit}`)).status, 200, limit)
  t.same((await get('/v1/videos?limit=0')).body.data, [])
  for (const limit of ['101', '-1', 'abc', '1.5']) {
    const { status, body } = await get(`/v1/videos?limit=${limit}`)
    t.equal(status, 400, limit)
    t.equal(body.error.param, 'limit')
  }
  t.equal((await get('/v1/videos?order=sideways')).body.error.param, 'order')
})

t.test('L4 after something that is not there', async t => {
  const foreign = await sdkOf(await login()).videos.create({ prompt: 'not yours' })
  for (const after of ['video_123', '%00', foreign.id]) t.match(await get(`/v1/videos?after=${after}`), { status: 400, body: { error: { param: 'after' } } })
})

t.test('a model is listed, read, and missed', async t => {
  const models = await sdk.models.list()
  t.ok(models.data.some(({ id }) => id === 'sora-2'))
  t.match(await sdk.models.retrieve('sora-2-pro'), { id: 'sora-2-pro', object: 'model', owned_by: 'env' })
  t.match(await refusal(sdk.models.retrieve('gpt-1')), { status: 404, code: 'model_not_found', param: 'model' })
})

t.test('X1–X5 deleting', async t => {
  const { id } = await sdk.videos.create({ prompt: 'to delete' })
  await waitForTask(id, 'COMPLETED')
  t.match(await sdk.videos.delete(id), { id, object: 'video.deleted', deleted: true })
  t.match(await refusal(sdk.videos.delete(id)), { status: 404 })
  t.match(await refusal(sdk.videos.downloadContent(id)), { status: 404 })

  const running = await sdk.videos.create({ prompt: 'x [[never]]' })
  const refused = await send(origin, admin, `/v1/videos/${running.id}`, { method: 'DELETE' })
  t.match(refused, { status: 409, body: { error: { code: 'task_state_conflict' } } })
  t.equal(refused.headers.get('x-should-retry'), 'false')

  const python = await sdk.videos.create({ prompt: 'deleted as the Python SDK does' })
  await waitForTask(python.id, 'COMPLETED')
  t.equal((await send(origin, admin, `/v1/videos/${python.id}`, { method: 'DELETE', headers: { 'content-type': 'application/json' } })).status, 200)
})

t.test('cancelling answers with the video; a cancelled one has failed with that code', async t => {
  const server = await startOpenaiServer(t)
  await server.db.updateTable('channels').set({ settings: JSON.stringify({ cancel: true }) }).where('name', '=', 'env').execute()
  const waiting = await server.sdk.videos.create({ prompt: 'x [[never]]' })
  t.match(await server.sdk.post(`/videos/${waiting.id}/cancel`), { id: waiting.id, object: 'video' })
  await server.waitForTask(waiting.id, 'CANCELLED')
  t.match(await server.sdk.videos.retrieve(waiting.id), { status: 'failed', error: { code: 'cancelled' } })
  t.match(await send(server.origin, server.admin, '/v1/videos/video_123/cancel', json({})), { status: 404 })
})

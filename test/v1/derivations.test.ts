import { toFile } from 'openai'
import t from 'tap'
import { png } from '../support/images.ts'
import { json, refusal, send, startOpenaiServer } from '../support/openai-server.ts'

const { origin, sdk, sdkOf, login, admin, upstream, waitForTask, db } = await startOpenaiServer(t)
const source = await sdk.videos.create({ prompt: 'the source', seconds: '8', size: '1280x720' })
await waitForTask(source.id, 'COMPLETED')
const sourceTask = await db.selectFrom('tasks').selectAll().where('id', '=', source.id).executeTakeFirstOrThrow()

const lastPaid = async () => (await upstream.ledger()).at(-1)!
const taskOf = (id: string) => db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const mp4 = Buffer.concat([Buffer.of(0, 0, 0, 16), Buffer.from('ftypisom'), Buffer.alloc(1_000)])

t.test('E1 and E3 a remix, as JSON and as a form, knows its source', async t => {
  const remix = await sdk.videos.remix(source.id, { prompt: 'with a cat' })
  t.match(remix, { remixed_from_video_id: source.id, seconds: '8', size: '1280x720', model: 'sora-2' })
  t.match((await taskOf(remix.id)).metadata, { type: 'remix', remix_from: source.id, remix_from_external: sourceTask.external_task_id })
  const form = new FormData()
  form.append('input_reference', new Blob([png(4, 4)]), 'a.png')
  form.append('prompt', 'with a picture')
  const { status, body } = await send(origin, admin, `/v1/videos/${source.id}/remix`, { method: 'POST', body: form })
  t.equal(status, 200)
  t.equal(body.remixed_from_video_id, source.id)
})

t.test('E2 a source that is not finished, or not the caller\'s', async t => {
  const running = await sdk.videos.create({ prompt: 'x [[never]]' })
  t.match(await refusal(sdk.videos.remix(running.id, { prompt: 'x' })), { status: 409, code: 'source_not_completed' })
  t.match(await refusal(sdk.videos.remix('video_123', { prompt: 'x' })), { status: 404 })
  t.match(await refusal(sdkOf(await login()).videos.edit({ prompt: 'x', video: { id: source.id } })), { status: 404 })
})

t.test('E4 what the provider cannot do is refused, not to be sent again', async t => {
  const server = await startOpenaiServer(t, { upstream: { type: 'sora-relay' } })
  const { id } = await server.sdk.videos.create({ prompt: 'a relay\'s' })
  await server.waitForTask(id, 'COMPLETED')
  for (const path of ['edits', 'extensions']) {
    const { status, headers, body } = await send(server.origin, server.admin, `/v1/videos/${path}`, json({ prompt: 'x', seconds: '4', video: { id } }))
    t.equal(status, 409)
    t.equal(body.error.code, 'source_not_remixable')
    t.equal(headers.get('x-should-retry'), 'false')
  }
  const upload = await refusal(server.sdk.videos.edit({ prompt: 'x', video: await toFile(mp4, 'a.mp4') }))
  t.match(upload, { status: 400, code: 'unsupported_value', param: 'video' })
})

t.test('E5 an edit of a finished video: a task of its own, with its lineage', async t => {
  const edited = await sdk.videos.edit({ prompt: 'at night', video: { id: source.id } })
  t.match(edited, { remixed_from_video_id: source.id, seconds: '8' })
  t.match(await taskOf(edited.id), { type: 'edit', remix_from: source.id, credential_id: sourceTask.credential_id })
  t.match((await lastPaid()), { prompt: 'at night', source_id: sourceTask.external_task_id, request: { kind: 'edit' } })
  const large = await send(origin, admin, '/v1/videos/edits', json({ prompt: 'a long address', video: { id: source.id }, input_reference: `data:image/png;base64,${Buffer.concat([png(4, 4), Buffer.alloc(2_000_000)]).toString('base64')}` }))
  t.not(large.status, 413, 'a data URL has room here as everywhere')
  await waitForTask(edited.id, 'COMPLETED')
  t.match((await admin.get(`/api/video/tasks/${edited.id}`)).json().data, { type: 'edit', remixedFrom: source.id })
})

t.test('an extension adds seconds, and its length is the whole', async t => {
  const extended = await sdk.videos.extend({ prompt: 'and then', seconds: '4', video: { id: source.id } })
  t.match(extended, { seconds: '12', remixed_from_video_id: source.id })
  t.match(await taskOf(extended.id), { type: 'extend' })
  t.match((await lastPaid()).request, { kind: 'extend', fields: { seconds: '4' } })
  t.match(await send(origin, admin, '/v1/videos/extensions', json({ prompt: 'x', video: { id: source.id } })), { status: 400, body: { error: { param: 'seconds' } } })
  t.match(await send(origin, admin, '/v1/videos/extensions', json({ prompt: 'x', seconds: '5', video: { id: source.id } })), { status: 400, body: { error: { param: 'seconds' } } })
})

t.test('E6 an uploaded video is kept, sent, and sent again by a retry', async t => {
  upstream.behave('create', { create: { answer: 400 } }, 1)
  t.match(await refusal(sdk.videos.edit({ prompt: 'an upload', video: await toFile(mp4, 'mine.mp4') })), { status: 422 })
  const refused = await db.selectFrom('tasks').selectAll().where('prompt', '=', 'an upload').executeTakeFirstOrThrow()
  t.match(refused, { type: 'edit', remix_from: null, status: 'FAILED' })
  t.equal((await admin.post(`/api/video/tasks/${refused.id}/retry`)).statusCode, 201)
  t.match((await lastPaid()).request, { kind: 'edit', files: [{ field: 'video', size: mp4.length, name: 'source.mp4' }] })
  await waitForTask(refused.id, 'COMPLETED')

  t.equal((await sdk.videos.extend({ prompt: 'longer', seconds: '4', video: await toFile(mp4, 'mine.mp4') })).object, 'video')
})

t.test('a source is exactly one thing, and a video', async t => {
  const form = (fields: [string, string | Blob][]) => {
    const body = new FormData()
    for (const [name, value] of fields) body.append(name, value)
    return send(origin, admin, '/v1/videos/edits', { method: 'POST', body })
  }
  t.match(await form([['prompt', 'x']]), { status: 400, body: { error: { param: 'video' } } })
  t.match(await form([['prompt', 'x'], ['video', new Blob([mp4])], ['video[id]', source.id]]), { status: 400, body: { error: { param: 'video' } } })
  t.match(await form([['prompt', 'x'], ['video', new Blob(['# README'])]]), { status: 400, body: { error: { param: 'video' } } })
})

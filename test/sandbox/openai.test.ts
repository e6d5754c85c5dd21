import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { startScriptedServer } from '../support/scripted-server.ts'
import { form, json, read, startTestSandbox } from './client.ts'

const KEYS = ['completed_at', 'created_at', 'error', 'expires_at', 'id', 'model', 'object', 'progress', 'prompt', 'remixed_from_video_id', 'seconds', 'size', 'status']
const portraitClip = readFileSync(new URL('../../server/sandbox/clip-portrait.mp4', import.meta.url))

t.test('an openai job runs from create to the very bytes of the clip', async t => {
  const { client } = await startTestSandbox(t)
  const created = await read(client.openai('', { method: 'POST', body: form({ input_reference: new File(['x'], 'a.png'), prompt: '[[sandbox: duration=0]]', seconds: '8' }) }))
  t.same(Object.keys(created).sort(), KEYS)

  const video = await read(client.openai(`/${created.id}`))
  t.match(video, { id: /^video_[0-9a-f]{32}$/, object: 'video', model: 'sora-2', status: 'completed', progress: 100, size: '720x1280', seconds: '8', error: null })
  t.equal(video.expires_at - video.completed_at, 3600)

  const content = await client.openai(`/${created.id}/content`)
  t.same(Buffer.from(await content.arrayBuffer()), portraitClip)
  t.equal((await client.openai(`/${created.id}/content?variant=thumbnail`)).headers.get('content-type'), 'image/webp')
  t.equal((await client.openai(`/${created.id}/content?variant=spritesheet`)).status, 404)
})

t.test('there is no content before the end, nor after a failure', async t => {
  const { client } = await startTestSandbox(t)
  const running = await read(client.createOpenai('running'))
  t.match(await read(client.openai(`/${running.id}/content`)), { error: { code: 'video_not_ready' } })
  const failed = await read(client.createOpenai('[[fail]] [[sandbox: duration=0]]'))
  t.match(await read(client.openai(`/${failed.id}`)), { status: 'failed', error: { code: 'generation_failed' }, completed_at: null })
  t.equal((await client.openai(`/${failed.id}/content`)).status, 404)
})

t.test('remix, edit and extend start from a completed video and name it', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.openai('', { method: 'POST', ...json({ prompt: 'source [[sandbox: duration=0]]', size: '1280x720', seconds: 12 }) }))
  const post = (path: string, body: unknown) => client.openai(path, { method: 'POST', ...json(body) })
  t.match(await read(post(`/${id}/remix`, { prompt: 'r' })), { remixed_from_video_id: id, size: '1280x720', seconds: '12' })
  t.match(await read(post('/edits', { prompt: 'e', video: { id } })), { remixed_from_video_id: id })
  t.match(await read(post('/extensions', { prompt: 'x', seconds: 8, video: { id } })), { remixed_from_video_id: id, seconds: '8' })
  t.equal((await client.openai('/edits', { method: 'POST', body: form({ prompt: 'up', video: new File(['mp4'], 'v.mp4') }) })).status, 200)
  t.equal((await post('/edits', { prompt: 'e' })).status, 404)
  t.equal((await post('/nothing/remix', { prompt: 'r' })).status, 404)
  t.same((await client.ledger()).map(({ kind }) => kind), ['create', 'remix', 'edit', 'extend', 'edit'])
})

t.test('the list pages through every job once, in both orders', async t => {
  const { client } = await startTestSandbox(t)
  await client.createSora('of the other dialect')
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push((await read(client.createOpenai(`p${i}`))).id)

  const first = await read(client.openai('?limit=2&order=asc'))
  t.match(first, { object: 'list', first_id: ids[0], last_id: ids[1], has_more: true })
  const second = await read(client.openai(`?limit=3&order=asc&after=${first.last_id}`))
  t.same([...first.data, ...second.data].map(({ id }: { id: string }) => id), ids)
  t.equal(second.has_more, false)
  t.same((await read(client.openai(''))).data.map(({ id }: { id: string }) => id), ids.toReversed())
  t.same(await read(client.openai('?limit=0')), { object: 'list', data: [], first_id: null, last_id: null, has_more: false })
  for (const query of ['limit=101', 'limit=abc', 'limit=-1', 'order=up', 'after=unknown']) t.equal((await client.openai(`?${query}`)).status, 400, query)
})

t.test('a deleted video is gone for the client and stays in the ledger', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.createOpenai('[[sandbox: duration=0]]'))
  t.same(await read(client.openai(`/${id}`, { method: 'DELETE' })), { id, object: 'video.deleted', deleted: true })
  t.equal((await client.openai(`/${id}`)).status, 404)
  t.equal((await client.openai(`/${id}/content`)).status, 404)
  t.equal((await client.openai(`/${id}`, { method: 'DELETE' })).status, 404)
  t.same((await read(client.openai(''))).data, [])
  t.equal((await client.ledger()).length, 1)

  const running = await read(client.createOpenai('running'))
  t.equal((await client.openai(`/${running.id}`, { method: 'DELETE' })).status, 409)
})

t.test('cancel stops a running job, now or later, where there is such an operation', async t => {
  const { client } = await startTestSandbox(t)
  const cancel = async (prompt: string) => {
    const { id } = await read(client.createOpenai(prompt))
    return { id, response: await client.openai(`/${id}/cancel`, { method: 'POST' }) }
  }
  const now = await cancel('now')
  t.equal((await read(now.response)).status, 'cancelled')
  t.equal((await read(client.openai(`/${now.id}`))).status, 'cancelled')
  t.equal((await client.openai(`/${now.id}/cancel`, { method: 'POST' })).status, 409)

  const later = await cancel('[[sandbox: cancelAfterMs=60000]]')
  t.equal((await read(later.response)).status, 'queued')
  t.equal((await cancel('[[sandbox: duration=0]]')).response.status, 409)
  t.equal((await cancel('[[sandbox: cancellable=false]]')).response.status, 404)
})

t.test('an idempotency key is honoured only when the sandbox was told so', async t => {
  const ordinary = await startTestSandbox(t)
  const key = { 'idempotency-key': 'k1' }
  const twice = [await read(ordinary.client.createOpenai('p', key)), await read(ordinary.client.createOpenai('p', key))]
  t.not(twice[0].id, twice[1].id)

  const { client } = await startTestSandbox(t, { behaviour: { idempotent: true } })
  const racers = await Promise.all(Array.from({ length: 5 }, () => read(client.createOpenai('p', key))))
  t.equal(new Set(racers.map(({ id }) => id)).size, 1)
  t.equal((await client.createOpenai('another', key)).status, 409)
  t.match(await client.ledger(), [{ idempotencyKey: 'k1', reference: 'k1' }])
})

t.test('the dialect has the switches of the servers that speak it', async t => {
  const { client } = await startTestSandbox(t)
  const create = (behaviour: unknown) => client.createOpenai('p', { 'x-sandbox-behaviour': JSON.stringify(behaviour) })
  const video = async (behaviour: unknown) => {
    const { id } = await read(create(behaviour))
    return read(client.openai(`/${id}`))
  }
  t.equal((await create({ createStatus: 202 })).status, 202)
  t.equal((await video({ words: { queued: 'pending' } })).status, 'pending')
  t.equal((await video({ durationMs: 0, words: { completed: 'succeeded' } })).status, 'succeeded')
  t.notOk('progress' in await video({ progress: 'none' }))
  t.equal((await video({ durationMs: 0, progress: 'ends' })).progress, 100)
  t.match((await video({ idLength: 'long' })).id, /^video_.{150,}$/)
  t.notOk('size' in await video({ missingKeys: ['size'] }))
  t.equal((await video({ extraKeys: { quality: 'standard' } })).quality, 'standard')
  t.match(await video({ changedId: true }), { id: /-changed$/ })

  t.match(await video({ durationMs: 0, outcome: 'with-error' }), { status: 'completed', error: { code: 'generation_failed' } })

  const content = async (contentMode: string) => {
    const { id } = await read(create({ durationMs: 0, contentMode }))
    return client.openai(`/${id}/content`, { redirect: 'manual' })
  }
  t.match((await content('redirect')).headers.get('location'), /\/files\/video_/)
  t.match(await read(content('json')), { url: /\/files\/video_/ })
  t.equal((await content('metadata')).status, 404)
  t.match((await video({ durationMs: 0, contentMode: 'metadata' })).metadata.url, /\/files\/video_/)
  t.same(Object.keys(await read(client.openai('', { headers: { 'x-sandbox-behaviour': '{"listShape":"bare"}' } }))), ['data', 'object'])
})

t.test('errors come in the shape of the server', async t => {
  const { client } = await startTestSandbox(t)
  const missing = (errorShape: string) => client.openai('/nothing', { headers: { 'x-sandbox-behaviour': JSON.stringify({ errorShape }) } })
  t.match(await read(missing('openai')), { error: { code: 'not_found', message: String, param: null } })
  t.same(Object.keys(await read(missing('fastapi'))), ['detail'])
  t.same(Object.keys(await read(missing('flat'))), ['code', 'message'])
  t.type((await read(missing('string'))).error, 'string')
  t.match((await missing('text')).headers.get('content-type'), 'text/plain')
})

t.test('a bearer key is required, and unknown paths are 404', async t => {
  const { client, url } = await startTestSandbox(t, { apiKey: 'right' })
  t.equal((await client.openai('')).status, 200)
  for (const authorization of ['', 'right', 'Bearer wrong']) t.equal((await fetch(`${url}/v1/videos`, { headers: { authorization } })).status, 401, authorization)
  t.equal((await client.openai('/')).status, 404)
  t.equal((await fetch(`${url}/elsewhere`)).status, 404)
  t.equal((await fetch(`${url}/control/ledger`)).status, 401)
})

t.test('it posts signed events as videos end, to whoever asked for them', async t => {
  const secret = 'whsec_' + Buffer.alloc(32, 'w').toString('base64')
  const receiver = await startScriptedServer(t)
  const sandbox = await startTestSandbox(t, { durationMs: 100 })
  const tell = (method: string, receiver?: object) => fetch(`${sandbox.url}/control/events`, { method, headers: { authorization: 'k' }, ...(receiver && { body: JSON.stringify(receiver) }) })
  t.equal((await tell('PUT', { url: 'ftp://x', secret })).status, 400)
  t.equal((await tell('PUT', { url: receiver.url })).status, 400)
  t.equal((await tell('PUT', { url: `${receiver.url}/hook`, secret })).status, 200)

  const made = await Promise.all(['a', 'b [[fail]]'].map(prompt => read(sandbox.client.createOpenai(prompt))))
  await read(sandbox.client.createSora('of the other dialect'))
  const cancelled = await read(sandbox.client.createOpenai('c [[never]]'))
  t.equal((await sandbox.client.openai(`/${cancelled.id}/cancel`, { method: 'POST' })).status, 200)
  while (receiver.requests.length < 2) await sleep(20)
  const told = receiver.requests.map(({ body, headers }) => new Webhook(secret).verify(body.toString(), headers as Record<string, string>) as { type: string, data: { id: string } })
  t.same(told.map(({ type, data }) => [type, data.id]).sort(), [['video.completed', made[0].id], ['video.failed', made[1].id]])

  t.equal((await tell('DELETE')).status, 200)
  await read(sandbox.client.createOpenai('nobody is told [[sandbox: duration=0]]'))
  await tell('PUT', { url: `${receiver.url}/other`, secret })
  await read(sandbox.client.createOpenai('told again'))
  while (receiver.requests.length < 3) await sleep(20)
  t.equal(receiver.requests[2]!.path, '/other')
})

import t from 'tap'
import { form, json, read, startTestSandbox } from './client.ts'

t.test('a sora-relay job runs from create to a playable file', async t => {
  const { client } = await startTestSandbox(t)
  const receipt = await read(client.createSora('一只小猫 [[sandbox: duration=0]]', { size: '1280x720', input_reference: new File(['png'], 'cat.png', { type: 'image/png' }) }))
  t.match(receipt, { id: /^video_[0-9a-f]{8}-/, status: /queued|completed/ })

  const video = await read(client.sora(`/${receipt.id}`))
  t.match(video, { id: receipt.id, status: 'completed', progress: 100, video_url: /^http.*\.mp4\?token=/, image_url: /\.webp\?token=/ })
  const file = await fetch(video.video_url)
  t.equal(file.headers.get('content-type'), 'video/mp4')
  t.equal(Buffer.from(await file.arrayBuffer()).toString('latin1', 4, 8), 'ftyp')

  const [entry] = await client.ledger()
  t.match(entry, { externalTaskId: receipt.id, dialect: 'sora-relay', kind: 'create', model: 'sora_video2', prompt: /一只小猫/, fields: { size: '1280x720' }, status: 'completed' })
  t.match(entry?.files, [{ field: 'input_reference', name: 'cat.png', contentType: 'image/png', size: 3 }])
})

t.test('a job is running first and has no file', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.createSora('a cat'))
  t.same(await read(client.sora(`/${id}`)), { id, status: 'queued', progress: 0 })
})

t.test('remix takes JSON or multipart, and only a completed source', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.createSora('source [[sandbox: duration=0]]'))
  const remix = await client.sora(`/${id}/remix`, { method: 'POST', ...json({ prompt: '再添加一只小猫', model: 'sora_video2' }) })
  t.match(await read(remix), { id: /^video_/, status: 'queued' })
  const withImage = await client.sora(`/${id}/remix`, { method: 'POST', body: form({ input_reference: new File(['x'], 'a.png'), prompt: 'p', model: 'sora_video2' }) })
  t.equal(withImage.status, 200)
  t.match((await client.ledger()).slice(1), [{ kind: 'remix', sourceId: id, prompt: '再添加一只小猫' }, { kind: 'remix', sourceId: id }])

  const running = await read(client.createSora('running'))
  t.equal((await client.sora(`/${running.id}/remix`, { method: 'POST', ...json({ prompt: 'p', model: 'm' }) })).status, 409)
  t.equal((await client.sora('/video_x/remix', { method: 'POST', ...json({ prompt: 'p', model: 'm' }) })).status, 404)
  t.equal((await client.ledger()).length, 4)
})

t.test('what the relay does not take is refused and not paid', async t => {
  const { client } = await startTestSandbox(t)
  const post = (init: RequestInit) => client.sora('', { method: 'POST', ...init })
  t.equal((await post(json({ prompt: 'p', model: 'm' }))).status, 415)
  t.equal((await post({ body: form({ model: 'm' }) })).status, 400)
  t.equal((await post({ body: form({ prompt: 'p' }) })).status, 400)
  t.equal((await post({ body: form({ prompt: 'p', model: 'm', 'input_reference[]': new File(['x'], 'a.png') }) })).status, 400)
  t.equal((await post({ body: '--b\r\nbroken', headers: { 'content-type': 'multipart/form-data; boundary=b' } })).status, 400)
  t.equal((await client.sora('/video_unknown')).status, 404)
  t.same(await client.ledger(), [])
})

t.test('a file name that is not ASCII makes the accepted job fail', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.createSora('p [[sandbox: duration=0]]', { input_reference: new File(['x'], '猫.png') }))
  t.match(await read(client.sora(`/${id}`)), { status: 'failed', error: { message: 'file upload failed' } })
})

t.test('errors of a failed job come in every shape', async t => {
  const { client } = await startTestSandbox(t)
  const errorOf = async (shape: string) => {
    const { id } = await read(client.createSora(`[[sandbox:{"durationMs":0,"failAt":9,"error":{"message":"no","code":"c","shape":"${shape}"}}]]`))
    return (await read(client.sora(`/${id}`))).error
  }
  t.same(await errorOf('object'), { message: 'no', code: 'c', type: 'server_error' })
  t.same(await errorOf('string'), 'no')
  t.same(await errorOf('detail'), { detail: 'no' })
  t.match(JSON.parse((await errorOf('nested')).message), { error: { message: 'no' } })
})

t.test('the raw key is required, without Bearer', async t => {
  const { client, url } = await startTestSandbox(t, { apiKey: 'right' })
  t.equal((await client.createSora('p')).status, 200)
  for (const authorization of ['', 'wrong', 'Bearer right']) {
    t.equal((await fetch(`${url}/sora/v1/videos/x`, { headers: { authorization } })).status, 401, authorization)
  }
})

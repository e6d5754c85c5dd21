import t from 'tap'
import { png } from '../support/images.ts'
import { json, send, startOpenaiServer } from '../support/openai-server.ts'

const { origin, admin, login, upstream, waitForTask } = await startOpenaiServer(t)
const PATH = '/v1/video/generations'
const post = (body: unknown) => send(origin, admin, PATH, json(body))
const get = (id: string, client = admin) => send(origin, client, `${PATH}/${id}`)
const lastPaid = async () => (await upstream.ledger()).at(-1)!

t.test('a video is made and followed to its end in the words of New API', async t => {
  const { status, body } = await post({ model: 'sora-2', prompt: 'moved over', duration: 8, width: 1280, height: 720, metadata: { album: 'cats' } })
  t.equal(status, 200)
  t.match(body, { id: body.task_id, object: 'video', model: 'sora-2', status: 'in_progress', seconds: '8', size: '1280x720' })
  t.match((await lastPaid()).request, { seconds: '8', size: '1280x720' })
  await waitForTask(body.task_id, 'COMPLETED')
  const { data, ...envelope } = (await get(body.task_id)).body
  t.same(envelope, { code: 'success', message: '' })
  t.match(data, { task_id: body.task_id, status: 'SUCCESS', progress: '100%', fail_reason: '', properties: { input: 'moved over' } })
  t.equal((await fetch(origin + data.result_url)).status, 200)
})

t.test('an image as a data URL, as base64, or the first of several', async t => {
  const [base64, bytes] = [png(8, 8).toString('base64'), png(8, 8).length]
  for (const body of [{ image: `data:image/png;base64,${base64}` }, { image: base64 }, { images: [base64, 'ignored'] }]) {
    t.equal((await post({ prompt: 'with an image', ...body })).status, 200)
    t.match((await lastPaid()).request.files, [{ field: 'input_reference', size: bytes }])
  }
  const form = new FormData()
  form.append('prompt', 'a form')
  form.append('width', '720')
  form.append('height', '1280')
  form.append('input_reference', new Blob([png(8, 8)]), 'a.png')
  t.equal((await send(origin, admin, PATH, { method: 'POST', body: form })).status, 200)
  t.match((await lastPaid()).request, { size: '720x1280', files: [{ size: bytes }] })
})

t.test('a failure says why', async t => {
  const { body } = await post({ prompt: 'x [[fail]]' })
  await waitForTask(body.id, 'FAILED')
  t.match((await get(body.id)).body.data, { status: 'FAILURE', fail_reason: /could not/, result_url: '' })
})

t.test('refusals have the shape of New API', async t => {
  const cases: [object, string][] = [
    [{}, 'invalid_value'],
    [{ prompt: 'x', model: 'no-such-model' }, 'model_not_found'],
    [{ prompt: 'x', width: 720 }, 'invalid_value'],
    [{ prompt: 'x', duration: 4, seconds: '8' }, 'invalid_value'],
    [{ prompt: 'x', image: '§' }, 'invalid_value'],
    [{ prompt: 'x', n: 2 }, 'invalid_value'],
    [{ prompt: 'x', duration: 5 }, 'unsupported_value']
  ]
  for (const [request, code] of cases) {
    const { status, body } = await post(request)
    t.equal(status, 400, JSON.stringify(request))
    t.match(body, { code, message: String, data: null })
    t.same(Object.keys(body).sort(), ['code', 'data', 'message'])
  }
  const { body } = await post({ prompt: 'mine' })
  t.match(await get(body.id, await login()), { status: 404, body: { code: 'not_found', data: null } })
  t.match(await get('task_1'), { status: 404, body: { code: 'not_found' } })
  t.match(await send(origin, { ...admin, authorization: 'Bearer no' }, `${PATH}/x`), { status: 401, body: { code: 'invalid_api_key' } })
})

import t from 'tap'
import { startApp } from '../../../support/app.ts'
import { jpeg, png } from '../../../support/images.ts'

const TASKS = '/api/video/tasks'
/** Its skeleton and its checksums are right; its pixels are not. */
const damaged = png(64, 64, { pixels: Buffer.alloc(65 * 64, 9) })
const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`

const { app, admin, db } = await startApp(t)
await app.listen({ port: 0, host: '127.0.0.1' })
const origin = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`

const countTasks = async () => Number((await db.selectFrom('tasks').select(db.fn.countAll().as('count')).executeTakeFirstOrThrow()).count)

async function sendForm (path: string, field: string, image: Buffer) {
  const form = new FormData()
  form.append('prompt', 'a cat')
  form.append(field, new Blob([image]), 'a.png')
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers: { authorization: admin.authorization }, body: form })
  return { status: response.status, body: await response.json() as any }
}

t.test('an image of which not all pixels can be decoded is refused by its field, at every door, and no task is left', async t => {
  const before = await countTasks()
  for (const [field, value] of Object.entries({ inputReference: dataUrl(damaged), firstFrame: dataUrl(damaged), lastFrame: dataUrl(damaged), referenceImages: [dataUrl(png(8, 8)), dataUrl(damaged)] })) {
    const response = await admin.post(TASKS, { prompt: 'a cat', [field]: value })
    t.equal(response.statusCode, 400, field)
    t.match(response.json(), { code: 'REQUEST_INVALID', details: [{ field: field === 'referenceImages' ? 'referenceImages.1' : field, message: /damaged/ }] }, field)
  }
  for (const field of ['input_reference', 'first_frame', 'last_frame', 'reference_images']) {
    t.match(await sendForm(TASKS, field, damaged), { status: 400, body: { details: [{ field }] } }, `the file ${field}`)
  }
  t.match(await sendForm('/v1/videos', 'input_reference', damaged), { status: 400, body: { error: { param: 'input_reference' } } }, '/v1, a file')
  for (const [path, body] of [['/v1/videos', { input_reference: { image_url: dataUrl(damaged) } }], ['/v1/video/generations', { image: damaged.toString('base64') }]] as const) {
    t.equal((await admin.post(path, { prompt: 'a cat', ...body })).statusCode, 400, path)
  }
  t.equal(await countTasks(), before)
})

t.test('an item of a batch with such an image is refused, the others are accepted', async t => {
  const response = await admin.post('/api/video/batches', { defaults: { inputReference: dataUrl(png(8, 8)) }, items: [{ prompt: 'one' }, { prompt: 'two', inputReference: dataUrl(damaged) }, { prompt: 'three' }] })
  t.equal(response.statusCode, 201)
  t.match(response.json().data.items.map((item: any) => item.code ?? item.error?.code ?? null), [null, 'REQUEST_INVALID', null])
})

t.test('others are served while an image is decoded', async t => {
  const large = png(8_000, 2_000, { pixels: Buffer.alloc(8_001 * 2_000, 1) })
  const order: string[] = []
  const created = admin.post(TASKS, { prompt: 'a large picture', inputReference: dataUrl(large) }).then(({ statusCode }) => { order.push('created'); return statusCode })
  for (let i = 0; i < 3; i++) await fetch(`${origin}/health`)
  order.push('health')
  t.equal(await created, 201)
  t.same(order, ['health', 'created'])
  t.equal((await admin.post(TASKS, { prompt: 'a JPEG', inputReference: `data:image/jpeg;base64,${jpeg(8, 8).toString('base64')}` })).statusCode, 201)
})

import t from 'tap'
import { startApp } from '../../../support/app.ts'
import { png } from '../../../support/images.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t, { type: 'openai' })
const { admin, db, waitForTask } = await startApp(t, upstream.env)
/** A server of open models: it has fields that OpenAI's API has not. */
await db.updateTable('channels').set({ models: JSON.stringify(['wan-2.2', 'sora-2']), settings: JSON.stringify({ dialect: 'vllm-omni' }) }).where('name', '=', 'env').execute()

const ASKED = { seed: 7, negativePrompt: 'dogs', fps: 24 }

async function submissionOf (prompt: string) {
  const jobs = (await upstream.ledger()).filter(job => job.prompt === prompt)
  return jobs.at(-1)!.request
}

const read = async (videoId: string) => (await admin.get(`${TASKS}/${videoId}`)).json().data

t.test('what the model takes is sent, kept and shown', async t => {
  const { videoId } = await admin.createTask({ prompt: 'advanced', model: 'wan-2.2', ...ASKED, parameters: { guidance_scale: 5 } })
  t.match((await submissionOf('advanced')).fields, { seed: '7', negative_prompt: 'dogs', fps: '24', guidance_scale: '5' })
  t.same((await read(videoId)).options, { ...ASKED, parameters: { guidance_scale: 5 } })
})

t.test('a form says the same as text', async t => {
  const form = new FormData()
  for (const [name, value] of Object.entries({ prompt: 'advanced, as a form', model: 'wan-2.2', ...ASKED })) form.append(name, String(value))
  const response = await admin.post(TASKS, form)
  t.equal(response.statusCode, 201)
  t.same((await read(response.json().data.videoId)).options, ASKED)
})

t.test('what the model does not take is refused by field, whatever the channel', async t => {
  const response = await admin.post(TASKS, { prompt: 'too much', model: 'wan-2.2', seed: 1, strength: 0.5, style: 'film', cameraMotion: 'pan', audio: false, firstFrame: `data:image/png;base64,${png(8, 8).toString('base64')}` })
  t.equal(response.statusCode, 400)
  const { code, details } = response.json()
  t.equal(code, 'CAPABILITY_MISSING')
  t.same(details.map(({ field }: { field: string }) => field).sort(), ['audio', 'cameraMotion', 'firstFrame', 'strength', 'style'])
  t.match((await admin.post(TASKS, { prompt: 'too much', model: 'sora-2', fps: 24 })).json(), { code: 'CAPABILITY_MISSING', details: [{ field: 'fps' }] })
  t.equal(await upstream.timesPaid('too much'), 0)
})

t.test('each of them makes it another request', async t => {
  const key = { 'idempotency-key': 'advanced' }
  const body = { prompt: 'keyed', model: 'wan-2.2', ...ASKED }
  const first = await admin.post(TASKS, body, key)
  t.equal((await admin.post(TASKS, body, key)).json().data.videoId, first.json().data.videoId)
  for (const other of [{ fps: 25 }, { strength: 0.5 }, { style: 'film' }, { cameraMotion: 'pan' }, { audio: true }, { lastFrame: `data:image/png;base64,${png(8, 8).toString('base64')}` }]) {
    t.match((await admin.post(TASKS, { ...body, ...other }, key)).json(), { code: 'IDEMPOTENCY_KEY_REUSED' }, JSON.stringify(other))
  }
})

t.test('a retry asks for the same again', async t => {
  const { videoId } = await admin.createTask({ prompt: 'tried again [[fail]]', model: 'wan-2.2', ...ASKED })
  await waitForTask(videoId, 'FAILED')
  t.equal((await admin.post(`${TASKS}/${videoId}/retry`)).statusCode, 201)
  t.equal(await upstream.timesPaid('tried again [[fail]]'), 2)
  t.match((await submissionOf('tried again [[fail]]')).fields, { seed: '7', negative_prompt: 'dogs', fps: '24' })
})

t.test('the items of a batch take them too, one by one', async t => {
  const { data } = (await admin.post('/api/video/batches', { defaults: { model: 'wan-2.2', fps: 16 }, items: [{ prompt: 'in a batch' }, { prompt: 'not in it', audio: true }, { prompt: 'by address', lastFrame: 'https://example.com/a.png' }] })).json()
  t.match(data.items, [{ videoId: String }, { code: 'CAPABILITY_MISSING', field: 'audio' }, { code: 'REQUEST_INVALID', field: 'lastFrame' }])
  t.same((await read(data.items[0].videoId)).options, { fps: 16 })
})

import { createHash } from 'node:crypto'
import t from 'tap'
import { startApp } from '../../../support/app.ts'
import { png } from '../../../support/images.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t)
const { admin, waitForTask } = await startApp(t, upstream.env)
const image = png(720, 1280)
const imageHash = createHash('sha256').update(image).digest('hex')

async function submissionOf (prompt: string) {
  const [job] = (await upstream.ledger()).filter(job => job.prompt === prompt)
  return job!.request
}

t.test('a receipt has exactly its fields', async t => {
  const response = await admin.post(TASKS, { prompt: 'a receipt' })
  t.equal(response.statusCode, 201)
  t.match(response.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store', 'x-request-id': /\S/ })
  const { data } = response.json()
  t.same(Object.keys(data).sort(), ['externalTaskId', 'message', 'progress', 'status', 'videoId'])
  t.match(data, { videoId: /^video_\d{13}_[0-9a-z]{7}$/, externalTaskId: /^video_/, status: 'processing', progress: 0, message: 'Task submitted' })
})

t.test('a task has exactly its fields', async t => {
  const asked = { model: 'sora_video2', aspectRatio: '16:9', duration: 15, watermark: false, metadata: { album: { nr: 7 } }, clientRequestId: 'mine' }
  const { videoId } = await admin.createTask({ prompt: 'a resource', ...asked })
  await waitForTask(videoId, 'COMPLETED')
  const { data: task } = (await admin.get(`${TASKS}/${videoId}`)).json()
  t.same(Object.keys(task).sort(), [
    'aspectRatio', 'attempt', 'batchId', 'channelId', 'clientRequestId', 'completedAt', 'createdAt', 'duration', 'errorCode', 'errorHint', 'errorMessage', 'estimatedCompletionAt',
    'expiresAt', 'externalTaskId', 'metadata', 'model', 'options', 'pollCount', 'progress', 'progressSource', 'prompt', 'queuePosition', 'remixCount', 'remixedFrom', 'size', 'stage',
    'startedAt', 'status', 'thumbnailUrl', 'type', 'updatedAt', 'videoId', 'videoUrl'
  ])
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
  t.match(task, { createdAt: instant, startedAt: instant, completedAt: instant, updatedAt: instant, type: 'generation', remixedFrom: null, aspectRatio: '16:9', size: null, duration: 15, clientRequestId: 'mine' })
  t.same(task.options, { watermark: false })
  t.same(task.metadata, { album: { nr: 7 } }, 'a task that is no remix has the client\'s keys and no other')
  t.match((await submissionOf('a resource')).fields, { aspect_ratio: '16:9', seconds: '15', watermark: 'false' })
})

t.test('32,000 characters are not too many, whatever they are', async t => {
  for (const character of ['a', '猫', '🐈']) {
    const response = await admin.post(TASKS, { prompt: character.repeat(32_000) })
    t.equal(response.statusCode, 201, character)
  }
})

t.test('a form may have its parts in any order', async t => {
  const parts: Array<[string, string | Blob]> = [
    ['input_reference', new File([image], '小猫.png', { type: 'image/png' })],
    ['metadata', '{"album":7}'],
    ['prompt', ''],
    ['seconds', '15'],
    ['parameters', '{"style":"film"}']
  ]
  for (let i = 0; i < parts.length; i++) {
    const prompt = `a form, ${i}`
    const form = new FormData()
    for (const [name, value] of [...parts.slice(i), ...parts.slice(0, i)]) form.append(name, name === 'prompt' ? prompt : value)
    const response = await admin.post(TASKS, form)
    t.equal(response.statusCode, 201)
    const { fields, files } = await submissionOf(prompt)
    t.match(fields, { seconds: '15', style: 'film' })
    t.match(files, [{ field: 'input_reference', name: /^[\x20-\x7e]+$/, contentType: 'image/png', sha256: imageHash }])
    t.same((await admin.get(`${TASKS}/${response.json().data.videoId}`)).json().data.metadata, { album: 7 })
  }
})

t.test('an image may come as a data URL', async t => {
  await admin.createTask({ prompt: 'a data URL', inputReference: `data:image/png;base64,${image.toString('base64')}` })
  t.match((await submissionOf('a data URL')).files, [{ contentType: 'image/png', sha256: imageHash }])
})

t.test('a remix inherits what it does not say, and keeps the client\'s own metadata beside the pattern', async t => {
  const source = await waitForTask((await admin.createTask({ prompt: 'a source', size: '1280x720', duration: 15 })).videoId, 'COMPLETED')
  const remix = async (body: object) => {
    const { videoId } = (await admin.post(`${TASKS}/${source.id}/remix`, { prompt: 'a remix', ...body })).json().data
    return (await admin.get(`${TASKS}/${videoId}`)).json().data
  }
  const pattern = { type: 'remix', remix_from: source.id, remix_from_external: source.external_task_id }
  t.match(await remix({}), { model: source.model, size: '1280x720', aspectRatio: null, duration: 15 })
  t.match(await remix({ aspectRatio: '9:16' }), { size: null, aspectRatio: '9:16', duration: 15 })
  t.same((await remix({})).metadata, pattern)
  t.same((await remix({ metadata: { album: 7 } })).metadata, { ...pattern, album: 7 })
})

t.test('a remix may bring an image', async t => {
  const source = await waitForTask((await admin.createTask({ prompt: 'another source' })).videoId, 'COMPLETED')
  const form = new FormData()
  form.append('input_reference', new File([image], 'a.png', { type: 'image/png' }))
  form.append('prompt', 'a remix with an image')
  t.equal((await admin.post(`${TASKS}/${source.id}/remix`, form)).statusCode, 201)
  t.match(await submissionOf('a remix with an image'), { kind: 'remix', files: [{ sha256: imageHash }] })
})

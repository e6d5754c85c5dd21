import t from 'tap'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { CONTRACTS } from '../support/upstream-contract.ts'

/** What every model of the type refuses, and what its own first one does. */
const REFUSED: Readonly<Record<string, Record<string, unknown>>> = {
  ark: { size: '640x480', duration: 3, aspectRatio: '2:1', negativePrompt: 'dogs' },
  runway: { size: '640x480', duration: 11, aspectRatio: '2:1', negativePrompt: 'dogs' },
  fal: { size: '640x480', duration: 7, aspectRatio: '1:1' }
}

for (const { type, model, remixModel, settings } of CONTRACTS.filter(({ type }) => type in REFUSED)) {
  t.test(`${type}, by environment`, async t => {
    const upstream = await startSandboxUpstream(t, { type, durationMs: 0 })
    const { admin, waitForTask } = await startApp(t, upstream.env)
    t.equal(settings, undefined)

    t.test('a video is made, watched, kept and remixed', async t => {
      const { videoId, externalTaskId } = await admin.createTask({ prompt: 'a cat', model })
      t.ok(externalTaskId)
      await waitForTask(videoId, 'COMPLETED')
      const content = await admin.get(`/api/video/tasks/${videoId}/content`)
      t.equal(content.statusCode, 200)
      t.equal(content.rawPayload.toString('latin1', 4, 8), 'ftyp')

      const remix = await admin.post(`/api/video/tasks/${videoId}/remix`, { prompt: 'at night', model: remixModel ?? model })
      t.equal(remix.statusCode, 201, remix.body)
      const { metadata } = await waitForTask(remix.json().data.videoId, 'COMPLETED')
      t.match(metadata, { type: 'remix', remix_from: videoId, remix_from_external: externalTaskId })
      t.match((await upstream.ledger())[1], { prompt: 'at night', source_id: externalTaskId })
    })

    t.test('what a model cannot do is refused by field and never paid for', async t => {
      for (const [field, value] of Object.entries(REFUSED[type]!)) {
        const prompt = `refused ${field}`
        const response = await admin.post('/api/video/tasks', { prompt, model, [field]: value })
        t.equal(response.statusCode, 400, response.body)
        t.match(response.json(), { code: 'CAPABILITY_MISSING', details: [{ field }] })
        t.equal(await upstream.timesPaid(prompt), 0)
      }
    })

    t.test('clients are told what each model can do', async t => {
      const { models } = (await admin.get('/api/models')).json().data
      const offered = models.find(({ name }: { name: string }) => name === (remixModel ?? model))
      t.match(offered, { remix: true, cancel: true, characters: false })
      if (remixModel) t.match(models.find(({ name }: { name: string }) => name === model), { remix: false, edit: false })
    })

    t.test('its own codes decide how a task fails', async t => {
      const moderated = await admin.createTask({ prompt: '[[moderated]]', model })
      t.match(await waitForTask(moderated.videoId, 'FAILED'), { error_code: 'UPSTREAM_MODERATED' })
      const failed = await admin.createTask({ prompt: '[[fail]]', model })
      t.match(await waitForTask(failed.videoId, 'FAILED'), { error_code: 'UPSTREAM_FAILED' })
    })

    t.test('a waiting video is cancelled', async t => {
      const { videoId } = await admin.createTask({ prompt: 'never [[sandbox: durationMs=3600000, queuedMs=3600000]]', model })
      const cancelled = await admin.post(`/api/video/tasks/${videoId}/cancel`)
      t.match(cancelled.json().data.outcome, /^(cancelled|requested)$/)
      await waitForTask(videoId, 'CANCELLED')
    })
  })
}

t.test('ark, a lost answer: its list proves that nothing was made, and never that something was', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'ark', durationMs: 0 })
  const { admin, waitForTask } = await startApp(t, { ...upstream.env, SUBMIT_TIMEOUT_MS: '300' })
  const lost = await admin.createTask({ prompt: '[[drop-before-accept]]' })
  t.match(await waitForTask(lost.videoId, 'COMPLETED'), { attempt: 2 })
  t.equal(await upstream.timesPaid('[[drop-before-accept]]'), 1)

  const made = await admin.createTask({ prompt: '[[drop-after-accept]]' })
  t.match(await waitForTask(made.videoId, 'FAILED'), { error_code: 'SUBMISSION_UNCONFIRMED', attempt: 1 })
  t.equal(await upstream.timesPaid('[[drop-after-accept]]'), 1)
})

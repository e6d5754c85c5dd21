import t from 'tap'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const PROMPT = '在原视频基础上，再添加一只小猫一起玩耍'
const VIDEO_ID = /^video_\d{13}_[0-9a-z]{7}$/

for (const upstreamType of ['sora-relay', 'openai'] as const) {
  t.test(`the report's steps give the report's answers, by ${upstreamType}`, async t => {
    const upstream = await startSandboxUpstream(t, { type: upstreamType })
    const model = upstreamType === 'openai' ? 'sora-2' : 'sora_video2'
    const { admin, app, waitForTask } = await startApp(t, upstream.env)
    const created = await admin.createTask({ prompt: '一只小狗在海边奔跑', model })
    const source = await waitForTask(created.videoId, 'COMPLETED')

    const remixed = await admin.post(`/api/video/tasks/${source.id}/remix`, { prompt: PROMPT, model }, { 'accept-language': 'zh-CN' })
    t.equal(remixed.statusCode, 201)
    const { requestTime, data: { videoId, externalTaskId, ...receipt }, ...envelope } = remixed.json()
    t.same(envelope, { success: true })
    t.ok(Number.isInteger(requestTime))
    t.match(videoId, VIDEO_ID)
    t.same(receipt, { status: 'processing', message: 'Remix 任务已提交', remixed_from: source.id })
    t.equal(remixed.headers.location, `/api/video/tasks/${videoId}`)

    await waitForTask(videoId, 'COMPLETED')
    const read = await admin.get(`/api/video/tasks/${videoId}`)
    const { data: task } = read.json()
    t.same(task.metadata, { type: 'remix', remix_from: source.id, remix_from_external: source.external_task_id })
    t.match(task, { videoId, externalTaskId, type: 'remix', status: 'COMPLETED', stage: 'completed', progress: 100, prompt: PROMPT, model, remixedFrom: source.id, remixCount: 0, errorCode: null })
    t.ok(task.pollCount > 0)

    const video = await app.inject(task.videoUrl)
    t.equal(video.statusCode, 200)
    t.equal(video.rawPayload.toString('latin1', 4, 8), 'ftyp', 'an MP4 file, without any header')

    const { data: lineage } = (await admin.get(`/api/video/tasks/${videoId}/lineage`)).json()
    t.match(lineage, {
      rootId: source.id,
      focusId: videoId,
      nodes: [
        { videoId: source.id, parentId: null, depth: 0, type: 'generation' },
        { videoId, parentId: source.id, depth: 1, type: 'remix' }
      ]
    })
    t.equal((await admin.get(`/api/video/tasks/${source.id}`)).json().data.remixCount, 1)
    t.same((await upstream.ledger()).map(job => job.source_id), [null, source.external_task_id], 'the internal id found the external id')
  })
}

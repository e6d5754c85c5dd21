import t from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

function limit ({ db }: TestApp, settings: object) {
  return db.updateTable('channels').set({ settings: JSON.stringify(settings) }).where('name', '=', 'env').execute()
}

t.test('a full channel queues tasks instead of failing them, and sends them in order as places come free', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 300 })
  const server = await startApp(t, upstream.env)
  await limit(server, { concurrency: 1 })

  const receipts = []
  for (const prompt of ['one', 'two', 'three']) receipts.push(await server.admin.createTask({ prompt }))
  t.same(receipts.map(receipt => receipt.status), ['processing', 'queued', 'queued'])
  const last = await server.admin.get(`/api/video/tasks/${receipts[2]!.videoId}`)
  t.match(last.json().data, { status: 'QUEUED', stage: 'accepted', queuePosition: 2 })

  for (const { videoId } of receipts) await server.waitForTask(videoId, 'COMPLETED')
  t.same((await upstream.ledger()).map(job => job.prompt), ['one', 'two', 'three'])
})

t.test('a 429 holds back the whole channel for as long as it says', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  upstream.behave('create', { create: { answer: 429, retryAfter: 1 } }, 1)

  const begun = performance.now()
  const first = await server.admin.createTask({ prompt: 'heard it' })
  const second = await server.admin.createTask({ prompt: 'waits too' })
  t.same([first.status, second.status], ['queued', 'queued'])
  t.equal((await upstream.ledger()).length, 0)
  for (const { videoId } of [first, second]) await server.waitForTask(videoId, 'COMPLETED')
  t.ok(performance.now() - begun >= 1_000, 'Retry-After was obeyed')
  t.equal((await upstream.ledger()).length, 2)
})

t.test('submissions a minute are limited', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  await limit(server, { requestsPerMinute: 60 })
  const receipts = []
  for (const prompt of ['a', 'b', 'c']) receipts.push(await server.admin.createTask({ prompt }))
  t.same(receipts.map(receipt => receipt.status), ['processing', 'queued', 'queued'], 'a bucket of one second')
  for (const { videoId } of receipts) await server.waitForTask(videoId, 'COMPLETED')
  t.equal((await upstream.ledger()).length, 3)
})

t.test('a batch that waits for a full channel lets single tasks go first', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 500 })
  const server = await startApp(t, upstream.env)
  await limit(server, { concurrency: 1 })

  const items = ['batch 1', 'batch 2', 'batch 3'].map(prompt => ({ prompt }))
  const batch = (await server.admin.post('/api/video/batches', { items })).json().data.items as Array<{ videoId: string }>
  await upstream.untilPaid(1)
  const { videoId, status } = await server.admin.createTask({ prompt: 'single' })
  t.equal(status, 'queued')
  t.equal((await server.admin.get(`/api/video/tasks/${videoId}`)).json().data.queuePosition, 1)
  t.equal((await server.admin.get(`/api/video/tasks/${batch[2]!.videoId}`)).json().data.queuePosition, 3)

  for (const id of [videoId, ...batch.map(({ videoId }) => videoId)]) await server.waitForTask(id, 'COMPLETED')
  t.same((await upstream.ledger()).map(job => job.prompt), ['batch 1', 'single', 'batch 2', 'batch 3'])
})

t.test('a task that somebody waits for goes next, however long the batch before it is', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 1_000 })
  const server = await startApp(t, upstream.env)
  await limit(server, { concurrency: 2 })

  const { batchId } = (await server.admin.post('/api/video/batches', { items: Array.from({ length: 500 }, (_, i) => ({ prompt: `batch ${i}` })) })).json().data
  await upstream.untilPaid(2)
  const { videoId } = await server.admin.createTask({ prompt: 'single' })
  const before = (await upstream.ledger()).length
  await server.waitForTask(videoId, 'COMPLETED')
  const prompts = (await upstream.ledger()).map(job => job.prompt)
  // One that had taken its place already may still be on its way.
  t.ok(prompts.indexOf('single') <= before + 1, `after ${prompts.indexOf('single')} of the batch`)
  t.ok(prompts.length < 500)
  await server.admin.post(`/api/video/batches/${batchId}/cancel`)
})

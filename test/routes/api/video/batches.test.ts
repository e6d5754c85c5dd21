import t from 'tap'
import { startApp } from '../../../support/app.ts'
import type { Client } from '../../../support/client.ts'
import { png } from '../../../support/images.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const BATCHES = '/api/video/batches'
const upstream = await startSandboxUpstream(t)
const server = await startApp(t, upstream.env)
const { admin, login, db, waitForTask } = server

interface Result { index: number, videoId: string, repeated?: true, code?: string, field?: string }

/** The receipt of a batch that was taken. */
async function accept (client: Client, body: object, headers = {}) {
  const response = await client.post(BATCHES, body, headers)
  if (response.statusCode !== 201) throw new Error(response.body)
  return response.json().data as { batchId: string, accepted: number, refused: number, items: Result[] }
}

async function read (client: Client, batchId: string, query = '') {
  return (await client.get(`${BATCHES}/${batchId}${query}`)).json().data
}

function countTasks () {
  return db.selectFrom('tasks').select(({ fn }) => fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
}

const source = await waitForTask((await admin.createTask({ prompt: 'the source', aspectRatio: '16:9' })).videoId, 'COMPLETED')

t.test('creates and remixes together, with defaults, are made as if asked for one by one', async t => {
  const image = `data:image/png;base64,${png(720, 1280).toString('base64')}`
  const { batchId, items, ...counts } = await accept(admin, {
    defaults: { aspectRatio: '9:16', metadata: { album: 'batch' } },
    items: [{ prompt: 'new one' }, { prompt: 'new shape', size: '720x1280', model: 'none' }, { prompt: 'a remix', remixFrom: source.id }, { prompt: 'from an image', inputReference: image }]
  })
  t.same(counts, { accepted: 3, refused: 1 })
  t.match(items[1], { code: 'MODEL_UNKNOWN', field: 'model' })
  const made = items.filter(({ code }) => code === undefined)
  for (const { videoId } of made) await waitForTask(videoId, 'COMPLETED')

  const batch = await read(admin, batchId)
  t.match(batch, { batchId, total: 3, progress: 100, counts: { QUEUED: 0, PROCESSING: 0, COMPLETED: 3, FAILED: 0, CANCELLED: 0 }, nextCursor: null })
  t.same(batch.items.map((task: { videoId: string }) => task.videoId), made.map(({ videoId }) => videoId), 'in the order of the items')
  t.match(batch.items[0], { type: 'generation', aspectRatio: '9:16', metadata: { album: 'batch' } })
  t.match(batch.items[1], { type: 'remix', remixedFrom: source.id, metadata: { album: 'batch', type: 'remix', remix_from: source.id, remix_from_external: source.external_task_id } })
  for (const prompt of ['new one', 'a remix', 'from an image']) t.equal(await upstream.timesPaid(prompt), 1)
  const events = await db.selectFrom('task_events').select('status').where('task_id', '=', made[0]!.videoId).orderBy('id').execute()
  t.same(events.map(({ status }) => status), ['QUEUED', 'PROCESSING', 'COMPLETED'])
})

t.test('each item is refused by itself, with its field', async t => {
  const foreign = await waitForTask((await (await login()).createTask()).videoId, 'COMPLETED')
  const failed = await waitForTask((await admin.createTask({ prompt: '[[fail]]' })).videoId, 'FAILED')
  const { items, accepted } = await accept(admin, {
    items: [
      { prompt: '' }, {}, { prompt: 'x', colour: 'red' }, { prompt: 'x', remixFrom: foreign.id }, { prompt: 'x', remixFrom: failed.id },
      { prompt: 'x', metadata: { type: 'mine' } }, { prompt: 'x', channelId: 'none' }, { prompt: 'x', inputReference: 'https://example.com/a.png' }, { prompt: 'x\0' }, { prompt: 'good' }
    ]
  })
  t.equal(accepted, 1)
  t.same(items.slice(0, -1).map(({ index, code, field }) => [index, code, field]), [
    [0, 'REQUEST_INVALID', 'prompt'], [1, 'REQUEST_INVALID', 'prompt'], [2, 'REQUEST_INVALID', 'colour'], [3, 'TASK_NOT_FOUND', 'remixFrom'], [4, 'SOURCE_NOT_COMPLETED', 'remixFrom'],
    [5, 'REQUEST_INVALID', 'metadata.type'], [6, 'CHANNEL_NOT_FOUND', 'channelId'], [7, 'REQUEST_INVALID', 'inputReference'], [8, 'REQUEST_INVALID', 'prompt']
  ])
  t.match(items[3], { error: /\S/, hint: /\S/ })
  t.match(items[9], { index: 9, videoId: /^video_/ })
  const chinese = await admin.post(BATCHES, { items: [{ prompt: '' }] }, { 'accept-language': 'zh-CN' })
  t.match(chinese.json().data.items[0], { error: /[一-鿿]/, hint: /[一-鿿]/ })
})

t.test('atomic: one refused item refuses all, and nothing is written', async t => {
  const before = await countTasks()
  const response = await admin.post(BATCHES, { atomic: true, items: [{ prompt: 'a' }, { prompt: 'b' }, { prompt: 'c' }, { prompt: '' }, { prompt: 'd', remixFrom: 'video_1' }] })
  t.equal(response.statusCode, 400)
  t.match(response.json(), { success: false, code: 'REQUEST_INVALID', details: [{ field: 'items.3.prompt' }, { field: 'items.4.remixFrom' }] })
  t.same(await countTasks(), before)
  t.equal((await accept(admin, { atomic: true, items: [{ prompt: 'a' }, { prompt: 'b' }] })).accepted, 2)
})

t.test('what is wrong with each item of an atomic batch is told in the reader\'s language', async t => {
  const failed = await waitForTask((await admin.createTask({ prompt: '[[fail]]' })).videoId, 'FAILED')
  const gone = await waitForTask((await admin.createTask({ prompt: 'on a channel that is no more' })).videoId, 'COMPLETED')
  await db.updateTable('tasks').set({ external_task_id: null }).where('id', '=', gone.id).execute()
  const items = [{ remixFrom: failed.id }, { remixFrom: gone.id }, { remixFrom: 'video_1' }, { model: 'none' }, { channelId: 'none' }, { seed: 1 }].map(item => ({ prompt: 'x', ...item }))
  for (const { atomic, language, words } of [true, false].flatMap(atomic => [{ atomic, language: 'en', words: /^\P{Script=Han}+$/u }, { atomic, language: 'zh-CN', words: /\p{Script=Han}/u }])) {
    const answer = (await admin.post(BATCHES, { atomic, items }, { 'accept-language': language })).json()
    const details: Array<{ field: string, message: string }> = atomic ? answer.details : answer.data.items.flatMap((item: { index: number, details: Array<{ field: string }> }) => item.details.map(detail => ({ ...detail, field: `items.${item.index}.${detail.field}` })))
    t.same(details.map(({ field }) => field), ['items.0.remixFrom', 'items.1.remixFrom', 'items.2.remixFrom', 'items.3.model', 'items.4.channelId', 'items.5.seed'])
    for (const { field, message } of details) t.match(message, words, `${language} ${field}: ${message}`)
  }
})

t.test('a matrix remixes every source with every prompt', async t => {
  const other = await waitForTask((await admin.createTask({ prompt: 'the other' })).videoId, 'COMPLETED')
  const { batchId, items } = await accept(admin, { matrix: { sources: [source.id, other.id], prompts: ['at night', 'in snow'] } })
  for (const { videoId } of items) await waitForTask(videoId, 'COMPLETED')
  const made = (await read(admin, batchId)).items.map((task: { remixedFrom: string, prompt: string }) => [task.remixedFrom, task.prompt])
  t.same(made, [[source.id, 'at night'], [source.id, 'in snow'], [other.id, 'at night'], [other.id, 'in snow']])
})

t.test('what is no batch is refused as a whole', async t => {
  const prompts = Array.from({ length: 251 }, (_, i) => `p ${i}`)
  for (const [body, field] of [
    [{}, 'items'], [{ items: [] }, 'items'], [{ items: Array.from({ length: 501 }, () => ({ prompt: 'x' })) }, 'items'], [{ items: [{ prompt: 'x' }], matrix: { sources: ['a'], prompts: ['x'] } }, 'matrix'],
    [{ matrix: { sources: ['a', 'b'], prompts } }, 'matrix'], [{ items: [{ prompt: 'x' }], defaults: { clientRequestId: 'a' } }, 'defaults.clientRequestId'], [{ items: ['x'] }, 'items.0'], [{ items: [{ prompt: 'x' }], more: 1 }, 'more']
  ] as const) {
    const response = await admin.post(BATCHES, body)
    t.equal(response.statusCode, 400, field)
    t.equal(response.json().details[0].field, field)
  }
  t.equal((await server.app.inject({ method: 'POST', url: BATCHES, payload: { items: [{ prompt: 'x' }] } })).statusCode, 401)
})

t.test('a repeat gets the first answer, whatever changed since; another batch under its key is a conflict', async t => {
  const [key, body] = [{ 'idempotency-key': 'batch-1' }, { items: [{ prompt: 'repeated' }, { prompt: '' }] }]
  const first = await accept(admin, body, key)
  await waitForTask(first.items[0]!.videoId, 'COMPLETED')
  t.same(await accept(admin, body, key), first)
  t.same(await accept(admin, { items: body.items, clientRequestId: 'batch-2' }), await accept(admin, { clientRequestId: 'batch-2', items: body.items }))
  t.equal(await upstream.timesPaid('repeated'), 1)
  for (const [url, other] of [[BATCHES, { items: [{ prompt: 'else' }] }], ['/api/video/tasks', { prompt: 'repeated' }]] as const) {
    const response = await admin.post(url, other, key)
    t.equal(response.statusCode, 409)
    t.equal(response.json().code, 'IDEMPOTENCY_KEY_REUSED')
  }
  t.not((await accept(await login(), body, key)).batchId, first.batchId, 'a key is its user\'s')
})

t.test('20 racers make one batch', async t => {
  const before = Number((await countTasks()).count)
  const body = { items: [{ prompt: 'raced 1', clientRequestId: 'raced-item' }, { prompt: 'raced 2' }] }
  const receipts = await Promise.all(Array.from({ length: 20 }, () => accept(admin, body, { 'idempotency-key': 'raced' })))
  t.equal(new Set(receipts.map(receipt => JSON.stringify(receipt))).size, 1)
  for (const { videoId } of receipts[0]!.items) await waitForTask(videoId, 'COMPLETED')
  t.equal(Number((await countTasks()).count), before + 2)
  t.equal(await upstream.timesPaid('raced 1'), 1)
  t.equal(await upstream.timesPaid('raced 2'), 1)
})

t.test('an item with a clientRequestId is made once, alone or in any batch', async t => {
  const mine = { prompt: 'keyed', clientRequestId: 'keyed' }
  const alone = (await admin.createTask(mine)).videoId
  const { items } = await accept(admin, { clientRequestId: 'its own', items: [mine, { ...mine, prompt: 'other' }, { prompt: 'fresh', clientRequestId: 'fresh' }, { prompt: 'fresh', clientRequestId: 'fresh' }, { prompt: 'x', clientRequestId: 'its own' }] })
  t.match(items[0], { videoId: alone, repeated: true })
  t.match(items[1], { code: 'IDEMPOTENCY_KEY_REUSED', field: 'clientRequestId' })
  t.notOk(items[2]!.repeated)
  t.match(items[3], { videoId: items[2]!.videoId, repeated: true })
  t.match(items[4], { code: 'IDEMPOTENCY_KEY_REUSED' })
  t.equal((await admin.createTask({ prompt: 'fresh', clientRequestId: 'fresh' })).videoId, items[2]!.videoId)

  const racers = await Promise.all(Array.from({ length: 10 }, (_, i) => accept(admin, { items: [{ prompt: `racer ${i}` }, { prompt: 'shared', clientRequestId: 'shared' }] })))
  t.equal(new Set(racers.map(receipt => receipt.items[1]!.videoId)).size, 1)
  t.equal(racers.filter(receipt => !receipt.items[1]!.repeated).length, 1)
})

t.test('a page after another; nobody else\'s', async t => {
  const { batchId, items } = await accept(admin, { items: Array.from({ length: 5 }, (_, i) => ({ prompt: `page ${i}` })) })
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await read(admin, batchId, `?limit=2${cursor && `&cursor=${cursor}`}`)
    t.ok(page.items.length <= 2)
    seen.push(...page.items.map((task: { videoId: string }) => task.videoId))
    cursor = page.nextCursor
  }
  t.same(seen, items.map(({ videoId }) => videoId))
  const other = await login()
  for (const response of [await other.get(`${BATCHES}/${batchId}`), await other.post(`${BATCHES}/${batchId}/cancel`), await other.post(`${BATCHES}/${batchId}/retry`), await admin.get(`${BATCHES}/batch_1`), await admin.get(`${BATCHES}/%00`)]) {
    t.equal(response.statusCode, 404)
    t.equal(response.json().code, 'BATCH_NOT_FOUND')
  }
  t.equal((await admin.get(`${BATCHES}/${batchId}?cursor=nonsense`)).json().code, 'CURSOR_INVALID')
})

t.test('the list: newest first, page after page, one\'s own', async t => {
  const user = await login()
  const made: string[] = []
  for (const prompts of [['a'], ['b', 'c'], ['d']]) made.unshift((await accept(user, { items: prompts.map(prompt => ({ prompt })) })).batchId)
  const first = (await user.get(`${BATCHES}?limit=2`)).json().data
  t.same(first.batches.map(({ batchId, total }: { batchId: string, total: number }) => [batchId, total]), [[made[0], 1], [made[1], 2]])
  t.match(first.batches[0], { createdAt: String, status: /^(PROCESSING|COMPLETED)$/, counts: { FAILED: 0 }, progress: Number })
  const rest = (await user.get(`${BATCHES}?limit=2&cursor=${first.nextCursor}`)).json().data
  t.match(rest, { batches: [{ batchId: made[2] }], nextCursor: null })
  t.same((await (await login()).get(BATCHES)).json().data, { batches: [], nextCursor: null })
  for (const text of ['nonsense', '1 \0', '1 x y', '9999999999999999 x']) t.match((await user.get(`${BATCHES}?cursor=${Buffer.from(text).toString('base64url')}`)).json(), { code: 'CURSOR_INVALID', details: [{ field: 'cursor' }] }, text)
  const { items } = (await user.get(`${BATCHES}/${made[1]}`)).json().data
  t.same(items.map((task: { batchId: string }) => task.batchId), [made[1], made[1]])
  t.equal((await admin.get(`/api/video/tasks/${source.id}`)).json().data.batchId, null)
})

t.test('cancel ends what is unfinished and says how; what is finished stays', async t => {
  const { batchId, items } = await accept(admin, { items: [{ prompt: 'done' }, { prompt: '[[never]] 1' }, { prompt: '[[never]] 2' }] })
  await waitForTask(items[0]!.videoId, 'COMPLETED')
  for (const { videoId } of items.slice(1)) await waitForTask(videoId, 'PROCESSING')
  const cancelled = await admin.post(`${BATCHES}/${batchId}/cancel`)
  t.equal(cancelled.statusCode, 200)
  t.same(cancelled.json().data.items.map((item: { videoId: string }) => item.videoId).sort(), items.slice(1).map(({ videoId }) => videoId).sort())
  for (const { outcome } of cancelled.json().data.items) t.match(outcome, /^(cancelled|requested|unsupported)$/)
})

t.test('retry has the failed ones made again', async t => {
  upstream.behave('create', { create: { answer: 400 } }, 2)
  const { batchId, items } = await accept(admin, { items: [{ prompt: 'fails 1' }, { prompt: 'fails 2' }] })
  for (const { videoId } of items) await waitForTask(videoId, 'FAILED')
  t.match(await read(admin, batchId), { counts: { FAILED: 2 }, progress: 100 })
  const retried = await admin.post(`${BATCHES}/${batchId}/retry`)
  t.equal(retried.statusCode, 200, retried.body)
  t.same(retried.json().data.items, items.map(({ videoId }) => ({ videoId, outcome: 'queued' })))
  for (const { videoId } of items) t.equal((await waitForTask(videoId, 'COMPLETED')).attempt, 2)
  t.same((await admin.post(`${BATCHES}/${batchId}/retry`)).json().data.items, [], 'none is left')
})

t.test('500 items are accepted without waiting for the provider', async t => {
  const user = await login()
  upstream.behave('create', { create: { latencyMs: 500 } })
  const body = { items: Array.from({ length: 500 }, (_, i) => i % 2 ? { prompt: `many ${i}` } : { prompt: `many ${i}`, clientRequestId: `many-${i}` }) }
  const begun = performance.now()
  const { accepted, batchId } = await accept(user, body)
  const elapsed = performance.now() - begun
  t.comment(`500 items in ${Math.round(elapsed)} ms`)
  t.equal(accepted, 500)
  t.ok(elapsed < 10_000)
  upstream.forgetBehaviours()
  t.equal((await read(user, batchId)).total, 500)
  const outcomes = (await user.post(`${BATCHES}/${batchId}/cancel`)).json().data.items
  t.ok(outcomes.length > 0)
})

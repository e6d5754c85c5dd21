import t from 'tap'
import { recordRunTimes } from '../../../../server/cadence/run-time-profiles.ts'
import { startApp } from '../../../support/app.ts'
import { png } from '../../../support/images.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t)
const { admin, login, db, waitForTask } = await startApp(t, upstream.env)
const source = await waitForTask((await admin.createTask({ prompt: 'a source', aspectRatio: '16:9', duration: 15 })).videoId, 'COMPLETED')
const REMIX = `${TASKS}/${source.id}/remix`
const channel = await db.selectFrom('channels').selectAll().where('name', '=', 'env').executeTakeFirstOrThrow()

const traces = async () => ({
  ...await db.selectNoFrom(eb => (['tasks', 'task_attempts', 'task_events', 'idempotency_keys'] as const).map(table => eb.selectFrom(table).select(eb.fn.countAll().as('count')).as(table))).executeTakeFirstOrThrow(),
  // Where ffmpeg is, the source gets its previews at any time.
  assets: await db.selectFrom('assets').select('kind').where('kind', 'not in', ['thumbnail', 'spritesheet']).orderBy('kind').execute(),
  asked: Object.entries(upstream.requests()).filter(([operation]) => operation !== 'poll')
})

t.test('it says what would happen, and does nothing', async t => {
  const before = await traces()
  const response = await admin.post(TASKS, { dryRun: true, prompt: 'a cat', model: 'sora_video2-portrait-15s', watermark: true, parameters: { hd: true }, inputReference: `data:image/png;base64,${png(8, 8).toString('base64')}` })
  t.equal(response.statusCode, 200)
  const { data } = response.json()
  t.same(Object.keys(data).sort(), ['channelId', 'channelName', 'dryRun', 'estimatedSeconds', 'model', 'request', 'upstreamModel', 'warnings'])
  t.match(data, { dryRun: true, channelId: channel.id, channelName: 'env', model: 'sora_video2-portrait-15s', upstreamModel: 'sora_video2', estimatedSeconds: null })
  t.same(data.request, { operation: 'generation', prompt: 'a cat', model: 'sora_video2', watermark: true, parameters: { hd: true }, inputReference: { contentType: 'image/png', bytes: png(8, 8).length } })
  t.same(await traces(), before)
})

t.test('a remix shows what it inherits; a form may ask too', async t => {
  const before = await traces()
  const form = new FormData()
  for (const [name, value] of Object.entries({ prompt: 'the same at night', dryRun: 'true' })) form.append(name, value)
  const { data } = (await admin.post(REMIX, form)).json()
  t.match(data, { dryRun: true, channelId: channel.id, model: source.model })
  t.same(data.request, { operation: 'remix', remixFrom: source.external_task_id, prompt: 'the same at night', model: source.model, aspectRatio: '16:9', duration: 15 })
  t.same(await traces(), before)
})

t.test('no idempotency key is used, and false means what leaving it out means', async t => {
  const key = { 'idempotency-key': 'rehearsed' }
  t.equal((await admin.post(TASKS, { prompt: 'for real', dryRun: true }, key)).statusCode, 200)
  const real = await admin.post(TASKS, { prompt: 'for real', dryRun: false }, key)
  t.equal(real.statusCode, 201)
  t.equal((await admin.post(TASKS, { prompt: 'for real' }, key)).json().data.videoId, real.json().data.videoId)
  t.match((await admin.post(TASKS, { prompt: 'something else', dryRun: true }, key)).json(), { data: { dryRun: true } })
})

t.test('it is refused as the real request would be', async t => {
  const stranger = await login()
  const cases: Array<[client: typeof admin, url: string, body: object]> = [
    [admin, TASKS, { prompt: ' ' }],
    [admin, TASKS, { prompt: 'a', model: 'sora-9' }],
    [admin, TASKS, { prompt: 'a', style: 'film' }],
    [admin, TASKS, { prompt: 'a', channelId: 'nowhere' }],
    [admin, TASKS, { prompt: 'a', metadata: { type: 'x' } }],
    [admin, REMIX, { prompt: 'a', seed: 1 }],
    [stranger, REMIX, { prompt: 'a' }]
  ]
  const plain = ({ requestId, requestTime, ...refusal }: Record<string, unknown>) => refusal
  for (const [client, url, body] of cases) {
    const [rehearsed, real] = [await client.post(url, { ...body, dryRun: true }), await client.post(url, body)]
    t.ok(rehearsed.statusCode >= 400)
    t.equal(rehearsed.statusCode, real.statusCode)
    t.same(plain(rehearsed.json()), plain(real.json()))
  }
  t.match((await admin.post('/api/video/batches', { items: [{ prompt: 'a', dryRun: true }] })).json().data.items, [{ code: 'REQUEST_INVALID', field: 'dryRun' }])
})

t.test('it foretells the time from what tasks like it took', async t => {
  const runs = Array.from({ length: 20 }, () => ({ channelId: channel.id, model: 'sora-2', duration: '15', afterMs: 58_000, untilMs: 62_000 }))
  await db.transaction().execute(trx => recordRunTimes(trx, runs))
  const { data } = (await admin.post(TASKS, { prompt: 'a', model: 'sora-2', duration: 15, dryRun: true })).json()
  t.ok(data.estimatedSeconds >= 55 && data.estimatedSeconds <= 65, `${data.estimatedSeconds}`)
})

t.test('what speaks against it comes in the reader\'s language', async t => {
  const ask = async (language: string, body: object = {}): Promise<string[]> => (await admin.post(TASKS, { prompt: 'a', dryRun: true, ...body }, { 'accept-language': language })).json().data.warnings
  t.match(await ask('en'), [/SUBMISSION_UNCONFIRMED/, /cannot be cancelled/])
  t.match(await ask('zh-CN', { parameters: { hd: true } }), [/未经检查.*hd/, /SUBMISSION_UNCONFIRMED/, /无法取消/])
})

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { toFile } from 'openai'
import t from 'tap'
import { claimSdkKey } from '../../server/tasks/sdk-repeats.ts'
import { someoneWaitsForALock } from '../support/accounts.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { png } from '../support/images.ts'
import { json, refusal, send, startOpenaiServer } from '../support/openai-server.ts'

const server = await startOpenaiServer(t)
const { origin, sdkOf, login, admin, upstream, waitForTask, db } = server
const sibling = await server.startSibling(t)
const proxy = await startCuttingProxy(t, [origin, await sibling.app.listen({ port: 0, host: '127.0.0.1' })])

/** A new connection for every try, so that tries go to the two processes in turn. */
const sdk = sdkOf(admin, { baseURL: `${proxy.origin}/v1`, maxRetries: 2, defaultHeaders: { connection: 'close' } })
const mp4 = Buffer.concat([Buffer.of(0, 0, 0, 16), Buffer.from('ftypisom'), Buffer.alloc(1_000)])
const source = await sdk.videos.create({ prompt: 'the source' })
await waitForTask(source.id, 'COMPLETED')

const tasksOf = (prompt: string) => db.selectFrom('tasks').select(['id', 'created_at']).where('prompt', '=', prompt).execute()
const retry = (prompt: string, retries: number, at = origin) => send(at, admin, '/v1/videos', { ...json({ prompt }), headers: { 'content-type': 'application/json', 'x-stainless-retry-count': String(retries) } })

const calls = {
  create: (prompt: string, headers = {}) => sdk.videos.create({ prompt }, { headers }),
  remix: (prompt: string, headers = {}) => sdk.videos.remix(source.id, { prompt }, { headers }),
  edit: (prompt: string, headers = {}) => sdk.videos.edit({ prompt, video: { id: source.id } }, { headers }),
  'edit of an upload': async (prompt: string, headers = {}) => await sdk.videos.edit({ prompt, video: await toFile(mp4, 'a.mp4') }, { headers })
}

for (const [name, call] of Object.entries(calls)) {
  for (const key of [undefined, `key of ${name}`]) {
    const headers = key ? { 'Idempotency-Key': key } : {}
    const suffix = key ? 'with a key' : 'without a key'

    t.test(`I4 ${name}, ${suffix}: two answers lost, one video, paid once`, async t => {
      const prompt = `${name} lost ${suffix}`
      const before = proxy.connections()
      proxy.cut('at-answer', 'at-answer')
      const { id } = await call(prompt, headers)
      t.equal(proxy.connections(), before + 3)
      t.same((await tasksOf(prompt)).map(task => task.id), [id])
      t.equal(await upstream.timesPaid(prompt), 1)
    })
  }
}

t.test('I4 a repeat that comes while the provider is still being asked, at another process', async t => {
  upstream.behave('create', { create: { latencyMs: 3_000 } }, 1)
  proxy.cut({ until: async () => { while ((await tasksOf('in flight')).length === 0); } })
  const { id, status } = await sdk.videos.create({ prompt: 'in flight' })
  t.equal(status, 'in_progress')
  t.same((await tasksOf('in flight')).map(task => task.id), [id])
  t.equal(await upstream.timesPaid('in flight'), 1)
})

t.test('I4 a repeat that comes while the first is inside its transaction', async t => {
  const image = png(16, 16)
  const sha256 = createHash('sha256').update(image).digest('hex')
  const body = { prompt: 'slow to write', input_reference: `data:image/png;base64,${image.toString('base64')}` }
  const post = (retries: number, at: string) => send(at, admin, '/v1/videos', { ...json(body), headers: { 'content-type': 'application/json', 'x-stainless-retry-count': String(retries) } })
  const [first, second] = await db.transaction().execute(async trx => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`asset ${sha256}`}, 0))`.execute(trx)
    const first = post(0, origin)
    await someoneWaitsForALock(db)
    const second = post(1, proxy.origin)
    await waitersForLocks(2)
    return [first, second]
  })
  t.equal((await first).body.id, (await second).body.id)
  t.equal(await upstream.timesPaid('slow to write'), 1)
})

t.test('I4 a first request that its own repeat has overtaken gets the repeat\'s video', async t => {
  const { body } = await retry('overtaken', 1)
  const row = await db.selectFrom('idempotency_keys').selectAll().where('task_id', '=', body.id).executeTakeFirstOrThrow()
  const claim = (startedAt: number) => db.transaction().execute(trx => claimSdkKey(trx, row.user_id, row.request_hash, body.id, { retries: 0, startedAt, isGone: () => false }))
  t.notOk(await claim(performance.now() - 60_000), 'it had come in before')
  t.ok(await claim(performance.now()), 'one that came in later is another request')
})

t.test('a first try is always new, also when it equals another', async t => {
  const answers = await Promise.all([retry('equal', 0), retry('equal', 0, proxy.origin), retry('equal', 0)])
  t.equal(new Set(answers.map(({ body }) => body.id)).size, 3)
  const again = await retry('equal', 0)
  t.equal((await tasksOf('equal')).length, 4)
  t.equal((await retry('equal', 1)).body.id, again.body.id, 'a repeat is of the latest')
})

t.test('a repeat of what never arrived makes the video, once', async t => {
  const answers = await Promise.all([retry('never arrived', 1), retry('never arrived', 2, proxy.origin)])
  t.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  t.equal(await upstream.timesPaid('never arrived'), 1)
})

t.test('a refusal is repeated as it was', async t => {
  proxy.cut('at-answer')
  t.match(await refusal(sdk.videos.create({ prompt: 'refused [[refuse]]' })), { status: 422, code: 'upstream_refused' })
  t.equal((await tasksOf('refused [[refuse]]')).length, 1)
})

t.test('after ten minutes, or from somebody else, an equal request is another one', async t => {
  const first = await retry('old', 0)
  await db.updateTable('idempotency_keys').set({ created_at: sql`now() - interval '601 s'` }).where('task_id', '=', first.body.id).execute()
  const second = await retry('old', 1)
  t.not(second.body.id, first.body.id)
  t.equal((await retry('old', 1)).body.id, second.body.id)
  const other = await send(origin, await login(), '/v1/videos', { ...json({ prompt: 'old' }), headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '1' } })
  t.notOk([first.body.id, second.body.id].includes(other.body.id))
})

t.test('an older request does not write its answer where a newer one has begun', async t => {
  upstream.behave('create', { create: { latencyMs: 3_000 } })
  const older = retry('two of them', 0)
  while ((await tasksOf('two of them')).length < 1);
  const newer = retry('two of them', 0)
  while ((await tasksOf('two of them')).length < 2);
  const { body: repeated } = await retry('two of them', 1)
  t.not((await older).body.id, (await newer).body.id)
  t.equal(repeated.id, (await newer).body.id)
  upstream.forgetBehaviours()
})

async function waitersForLocks (count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    if (rows.length >= count) return
  }
}

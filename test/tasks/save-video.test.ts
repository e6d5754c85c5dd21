import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import t from 'tap'
import { until } from '../support/polling.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const CLIP = readFileSync(new URL('../../server/sandbox/clip.mp4', import.meta.url))
const SHA256 = createHash('sha256').update(CLIP).digest('hex')

const saveOf = (server: TestApp, videoId: string) => server.db.selectFrom('task_saves').selectAll().where('task_id', '=', videoId).executeTakeFirst()
const rowOf = (server: TestApp, videoId: string) => server.db.selectFrom('tasks').selectAll().where('id', '=', videoId).executeTakeFirstOrThrow()
const untilTried = (server: TestApp, videoId: string, tries = 1) => until(async () => (await saveOf(server, videoId))?.error != null && (await saveOf(server, videoId))!.tries >= tries, 'the copy was tried')
/** The pause after a failed try is over. */
async function tryAgain (server: TestApp, videoId: string): Promise<void> {
  await sql`update task_saves set next_try_at = now() where task_id = ${videoId}`.execute(server.db)
  await sql`update pgboss.job set start_after = now() where name = 'save-video' and state = 'created'`.execute(server.db)
}

t.test('a finished video is copied before its task says COMPLETED, and served without its provider', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask({ aspectRatio: '16:9' })
  const task = await server.waitForTask(videoId, 'COMPLETED')
  t.equal(task.expires_at, null, 'the provider\'s address runs out, the copy does not')
  const asset = await server.db.selectFrom('assets').selectAll().where('kind', '=', 'video').where('task_id', '=', videoId).executeTakeFirstOrThrow()
  t.match(asset, { kind: 'video', sha256: SHA256, size: String(CLIP.length), content_type: 'video/mp4', duration_ms: 3_000, width: 320, height: 180 })
  t.equal(await saveOf(server, videoId), undefined)

  upstream.behave('content', { content: { answer: 500 } })
  upstream.behave('poll', { poll: { answer: 500 } })
  const url = `/api/video/tasks/${videoId}/content`
  const whole = await server.admin.get(url)
  t.equal(whole.statusCode, 200)
  t.ok(whole.rawPayload.equals(CLIP))
  const part = await server.admin.get(url, { range: 'bytes=-100' })
  t.equal(part.statusCode, 206)
  t.equal(part.headers['content-range'], `bytes ${CLIP.length - 100}-${CLIP.length - 1}/${CLIP.length}`)
  t.ok(part.rawPayload.equals(CLIP.subarray(-100)))
  t.equal((await server.admin.get(url, { range: `bytes=${CLIP.length}-` })).statusCode, 416)
  const head = await server.admin.inject({ method: 'HEAD', url })
  t.equal(head.headers['content-length'], String(CLIP.length))
})

t.test('bytes that are no whole video are fetched again, and after six tries the task fails', async t => {
  for (const answer of ['truncated', 'garbage', 'html', 'empty'] as const) {
    const upstream = await startSandboxUpstream(t)
    const server = await startApp(t, upstream.env)
    upstream.behave('content', { content: { answer } })
    const { videoId } = await server.admin.createTask()
    await untilTried(server, videoId)
    t.match((await server.admin.get(`/api/video/tasks/${videoId}`)).json().data, { status: 'PROCESSING', stage: 'saving', videoUrl: null }, answer)
    t.equal((await server.admin.get(`/api/video/tasks/${videoId}/content`)).statusCode, 409)
    await sql`update task_saves set unreadable = 5 where task_id = ${videoId}`.execute(server.db)
    await tryAgain(server, videoId)
    await server.waitForTask(videoId, 'FAILED')
    t.match(await rowOf(server, videoId), { error_code: 'OUTPUT_UNREADABLE' })
    t.same(await server.db.selectFrom('assets').select('kind').where('task_id', '=', videoId).execute(), [])
  }
})

t.test('a body that was cut once is whole the next time', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  upstream.behave('content', { content: { answer: 'truncated' } }, 1)
  const { videoId } = await server.admin.createTask({ aspectRatio: '16:9' })
  await server.waitForTask(videoId, 'COMPLETED')
  t.ok((await server.admin.get(`/api/video/tasks/${videoId}/content`)).rawPayload.equals(CLIP))
  t.equal(upstream.requests().content, 2)
})

t.test('a provider that is away is waited for, beyond any deadline', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, { ...upstream.env, TASK_DEADLINE_MS: '1500' })
  upstream.behave('content', { content: { answer: 503 } })
  const { videoId } = await server.admin.createTask()
  await untilTried(server, videoId, 2)
  t.match(await saveOf(server, videoId), { unreadable: 0 })
  await until(async () => (await server.db.selectFrom('task_attempts').select(sql<boolean>`deadline_at < now()`.as('over')).where('task_id', '=', videoId).executeTakeFirstOrThrow()).over, 'the deadline')
  t.match(await rowOf(server, videoId), { status: 'PROCESSING', stage: 'saving' })
  upstream.forgetBehaviours()
  await tryAgain(server, videoId)
  await server.waitForTask(videoId, 'COMPLETED')
})

t.test('a disk that takes nothing is waited for, and nothing half-written is served', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const folder = join(server.app.config.DATA_DIR, 'assets', 'tmp')
  await rm(folder, { recursive: true })
  await writeFile(folder, 'in the way')
  const { videoId } = await server.admin.createTask()
  await untilTried(server, videoId, 2)
  t.match(await saveOf(server, videoId), { unreadable: 0 })
  t.equal((await server.admin.get(`/api/video/tasks/${videoId}/content`)).statusCode, 409)
  await rm(folder)
  await mkdir(folder)
  await tryAgain(server, videoId)
  await server.waitForTask(videoId, 'COMPLETED')
})

t.test('a task that is cancelled while its video is copied stays cancelled', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai' })
  const server = await startApp(t, upstream.env)
  upstream.behave('content', { content: { answer: 503 } })
  const { videoId } = await server.admin.createTask({ model: 'sora-2' })
  await untilTried(server, videoId)
  await sql`update tasks set status = 'CANCELLED', stage = 'cancelled' where id = ${videoId}`.execute(server.db)
  upstream.forgetBehaviours()
  await tryAgain(server, videoId)
  await until(async () => await saveOf(server, videoId) === undefined, 'the copy is over')
  t.match(await rowOf(server, videoId), { status: 'CANCELLED' })
  t.same(await server.db.selectFrom('assets').select('kind').where('task_id', '=', videoId).execute(), [])
})

t.test('a copy whose process died, or whose job is lost, is taken up again', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  upstream.behave('content', { content: { answer: 503 } })
  const { videoId } = await server.admin.createTask()
  await untilTried(server, videoId)
  upstream.forgetBehaviours()
  await sql`update task_saves set next_try_at = now() - interval '1 minute', lease_token = gen_random_uuid(), lease_until = now() - interval '1 second' where task_id = ${videoId}`.execute(server.db)
  await sql`delete from pgboss.job where name = 'save-video'`.execute(server.db)
  await server.waitForTask(videoId, 'COMPLETED')
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { removeOrphans } from '../../server/media/retention.ts'
import { prune } from '../../server/workers/prune.ts'
import { startApp } from '../support/app.ts'
import { png } from '../support/images.ts'
import { until } from '../support/polling.ts'
import { startS3Server } from '../support/s3-server.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { prepare, waitForAll } from './restarts.ts'

const CLIP = readFileSync(new URL('../../server/sandbox/clip.mp4', import.meta.url))
const TASKS = '/api/video/tasks'
/** Pictures would be objects too. */
const PATH = dirname(process.execPath)
const wanted = { prompt: 'a cat', aspectRatio: '16:9' }

t.test('what one process keeps another on another disk serves, part by part', async t => {
  const [upstream, s3] = [await startSandboxUpstream(t), await startS3Server(t)]
  const secrets = { JWT_SECRET: 'j'.repeat(40), ENCRYPTION_KEY: 'e'.repeat(40) }
  const { db, databaseUrl, start } = await prepare(t, upstream, { PATH, ...s3.env, ...secrets })
  const worker = await start({ ROLES: 'api,worker', DATA_DIR: folder(t) })
  const reader = await start({ ROLES: 'api', DATA_DIR: folder(t) })
  const { videoId } = await worker.api.data('POST', TASKS, wanted)
  t.match(await waitForAll(t, db, databaseUrl), [{ status: 'COMPLETED' }])

  const fetched = upstream.requests().content
  const { videoUrl } = await reader.api.data('GET', `${TASKS}/${videoId}`)
  const whole = await reader.api.open(videoUrl)
  t.equal(whole.status, 200)
  t.ok(Buffer.from(await whole.arrayBuffer()).equals(CLIP))
  const part = await reader.api.open(videoUrl, { range: 'bytes=100-1099' })
  t.equal(part.status, 206)
  t.equal(part.headers.get('content-range'), `bytes 100-1099/${CLIP.length}`)
  t.ok(Buffer.from(await part.arrayBuffer()).equals(CLIP.subarray(100, 1100)))
  t.equal(upstream.requests().content, fetched, 'the provider was not asked')
})

t.test('while S3 is away videos wait in saving, nothing false is served, and all goes on when it is back', async t => {
  const [upstream, s3] = [await startSandboxUpstream(t), await startS3Server(t)]
  const server = await startApp(t, { ...upstream.env, ...s3.env })
  const first = (await server.admin.createTask(wanted)).videoId
  await server.waitForTask(first, 'COMPLETED')
  const fetched = upstream.requests().content

  s3.goAway()
  const second = (await server.admin.createTask(wanted)).videoId
  const tried = () => server.db.selectFrom('task_saves').select('error').where('task_id', '=', second).where('error', 'is not', null).executeTakeFirst()
  await until(async () => await tried() !== undefined, 'the copy was tried')
  t.match((await server.admin.get(`${TASKS}/${second}`)).json().data, { status: 'PROCESSING', stage: 'saving', videoUrl: null })
  t.equal(upstream.requests().content, fetched, 'nothing is fetched in vain')

  const kept = await server.admin.get(`${TASKS}/${first}/content`)
  t.equal(kept.statusCode, 200)
  t.ok(kept.rawPayload.equals(CLIP), 'from the provider')
  upstream.behave('content', { content: { answer: 410 } })
  for (const headers of [{}, { range: 'bytes=0-9' }]) {
    const answer = await server.admin.get(`${TASKS}/${first}/content`, headers)
    t.equal(answer.statusCode, 503)
    t.equal(answer.json().code, 'MEDIA_UNAVAILABLE')
    t.ok(answer.headers['retry-after'])
  }
  const withImage = await server.admin.inject({ method: 'POST', url: TASKS, payload: { ...wanted, inputReference: `data:image/png;base64,${png(8, 8).toString('base64')}` } })
  t.match(withImage.json(), { success: false, code: 'MEDIA_UNAVAILABLE' })
  t.equal((await server.db.selectFrom('tasks').select('id').execute()).length, 2, 'no task was written')
  upstream.forgetBehaviours()

  s3.comeBack()
  await sql`update task_saves set next_try_at = now() where task_id = ${second}`.execute(server.db)
  await sql`update pgboss.job set start_after = now() where name = 'save-video' and state = 'created'`.execute(server.db)
  await server.waitForTask(second, 'COMPLETED')
  t.ok((await server.admin.get(`${TASKS}/${second}/content`)).rawPayload.equals(CLIP))
})

t.test('objects go with their tasks, by age, and as orphans', async t => {
  const [upstream, s3] = [await startSandboxUpstream(t), await startS3Server(t)]
  const server = await startApp(t, { ...upstream.env, ...s3.env, MEDIA_RETENTION_DAYS: '2' })
  const contents = () => [...s3.objects.keys()].filter(key => key !== 'reelay/marker')
  const finish = async () => {
    const { videoId } = await server.admin.createTask(wanted)
    await server.waitForTask(videoId, 'COMPLETED')
    return videoId
  }
  const deleted = await finish()
  t.ok(contents().length > 0)
  await until(async () => (await server.db.selectFrom('assets').select('id').execute()).length >= contents().length, 'no picture is being made')
  await server.admin.inject({ method: 'DELETE', url: `${TASKS}/${deleted}` })
  t.same(contents(), [])

  await finish()
  await sql`update assets set created_at = now() - interval '49 hours'`.execute(server.db)
  await prune(server.app.context)
  t.same(contents(), [])

  const left = await finish()
  s3.goAway()
  t.equal((await server.admin.inject({ method: 'DELETE', url: `${TASKS}/${left}` })).statusCode, 200, 'a task is deleted all the same')
  s3.comeBack()
  t.ok(contents().length > 0)
  for (const stored of s3.objects.values()) stored.modified = new Date(Date.now() - 7_200_000)
  for (let hour = 0; hour < 24; hour++) await removeOrphans(server.db, server.app.context.assets, hour)
  t.same([...s3.objects.keys()], ['reelay/marker'])
})

function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'reelay-s3-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

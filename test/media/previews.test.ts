import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { findAsset } from '../../server/media/assets.ts'
import { hasFfmpeg } from '../../server/media/ffmpeg.ts'
import { readImageHeader } from '../../server/media/image-header.ts'
import { makePreviews } from '../../server/media/previews.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const CLIP = join(import.meta.dirname, '../../server/sandbox/clip.mp4')
const skip = await hasFfmpeg() ? false : 'ffmpeg is not installed here: thumbnails and spritesheets were NOT checked'
/** They yield to everything else. */
const PREVIEW_PATIENCE_MS = 60_000
const kindsOf = async (server: TestApp, videoId: string) => (await server.db.selectFrom('assets').select('kind').where('task_id', '=', videoId).orderBy('kind').execute()).map(({ kind }) => kind)

t.test('a finished video gets a thumbnail and a spritesheet, which go with it', { skip }, async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask({ aspectRatio: '16:9' })
  await server.waitForTask(videoId, 'COMPLETED')
  await until(async () => (await kindsOf(server, videoId)).length === 3, 'the previews', PREVIEW_PATIENCE_MS)
  t.same(await kindsOf(server, videoId), ['spritesheet', 'thumbnail', 'video'])

  const { thumbnailUrl } = (await server.admin.get(`/api/video/tasks/${videoId}`)).json().data
  const [node] = (await server.admin.get(`/api/video/tasks/${videoId}/lineage`)).json().data.nodes
  t.match(node.thumbnailUrl, /variant=thumbnail/)
  const thumbnail = await server.app.inject(thumbnailUrl)
  t.match(readImageHeader(thumbnail.rawPayload), { contentType: 'image/webp', width: 320, height: 180 })
  t.match(thumbnail.headers, { 'content-type': 'image/webp', 'x-content-type-options': 'nosniff', 'content-disposition': /\.webp"$/ })
  for (const url of [`/v1/videos/${videoId}/content?variant=spritesheet`, `/api/video/tasks/${videoId}/content?variant=spritesheet`]) {
    const sheet = await server.admin.get(url)
    t.match(readImageHeader(sheet.rawPayload), { contentType: 'image/jpeg', width: 800, height: 450 })
    t.equal(sheet.headers['content-type'], 'image/jpeg')
  }

  const kept = await server.db.selectFrom('assets').select('sha256').where('task_id', '=', videoId).execute()
  await makePreviews(server.app.context, videoId, AbortSignal.timeout(60_000))
  t.equal((await kindsOf(server, videoId)).length, 3, 'they are made once')
  await server.admin.inject({ method: 'DELETE', url: `/api/video/tasks/${videoId}` })
  for (const { sha256 } of kept) t.notOk(await server.app.context.assets.has(sha256))
})

t.test('a video that ffmpeg cannot read, or that is deleted meanwhile, is left as it is', { skip }, async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')
  await until(async () => (await kindsOf(server, videoId)).length === 3, 'the previews', PREVIEW_PATIENCE_MS)
  await sql`delete from assets where kind in ('thumbnail', 'spritesheet')`.execute(server.db)
  const { sha256 } = (await findAsset(server.db, videoId, 'video'))!
  const { path } = await server.app.context.assets.localFile(sha256)
  await writeFile(path, 'no video')
  await t.rejects(makePreviews(server.app.context, videoId, AbortSignal.timeout(60_000)))
  t.same(await kindsOf(server, videoId), ['video'])
  t.equal((await server.waitForTask(videoId, 'COMPLETED')).error_code, null)

  await copyFile(CLIP, path)
  await sql`update tasks set deleted_at = now() where id = ${videoId}`.execute(server.db)
  await makePreviews(server.app.context, videoId, AbortSignal.timeout(60_000))
  t.same(await kindsOf(server, videoId), ['video'])
})

t.test('without ffmpeg everything else works', async t => {
  const { PATH } = process.env
  process.env.PATH = '/nowhere'
  t.teardown(() => { process.env.PATH = PATH })
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')
  t.equal((await server.admin.get(`/api/video/tasks/${videoId}`)).json().data.thumbnailUrl, null)
  t.match((await server.admin.get(`/api/video/tasks/${videoId}/content?variant=spritesheet`)).json(), { code: 'THUMBNAIL_NOT_FOUND' })
  const openai = await server.admin.get(`/v1/videos/${videoId}/content?variant=spritesheet`)
  t.equal(openai.statusCode, 404)
  t.equal(openai.json().error.code, 'variant_unavailable')
  const { rows } = await sql`select from pgboss.job where name = 'make-previews'`.execute(server.db)
  t.equal(rows.length, 0)
})

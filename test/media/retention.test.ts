import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { insertUser } from '../../server/accounts/users.ts'
import { createLocalStore } from '../../server/media/local-store.ts'
import { findAsset } from '../../server/media/assets.ts'
import { pruneVideos, removeOrphans } from '../../server/media/retention.ts'
import { insertTask } from '../../server/tasks/task-repository.ts'
import { newVideoId } from '../../server/tasks/video-id.ts'
import { prune } from '../../server/workers/prune.ts'
import { connectTestDatabase, PASSWORD } from '../support/accounts.ts'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const CLIP = readFileSync(new URL('../../server/sandbox/clip.mp4', import.meta.url))

t.test('a copy goes after MEDIA_RETENTION_DAYS; then its provider is asked, and at last the video is gone', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, { ...upstream.env, MEDIA_RETENTION_DAYS: '2' })
  const { videoId } = await server.admin.createTask({ aspectRatio: '16:9' })
  const task = await server.waitForTask(videoId, 'COMPLETED')
  const resource = (await server.admin.get(`/api/video/tasks/${videoId}`)).json().data
  t.equal(Date.parse(resource.expiresAt) - task.completed_at!.getTime(), 2 * 86_400_000)
  t.equal((await server.admin.get(`/v1/videos/${videoId}`)).json().expires_at, Math.floor(Date.parse(resource.expiresAt) / 1000))

  const url = `/api/video/tasks/${videoId}/content`
  const before = upstream.requests().content
  await prune(server.app.context)
  await server.admin.get(url)
  t.equal(upstream.requests().content, before, 'it is not old enough')

  const { sha256 } = (await findAsset(server.db, videoId, 'video'))!
  await sql`update assets set created_at = now() - interval '49 hours' where task_id = ${videoId}`.execute(server.db)
  await prune(server.app.context)
  t.equal(await findAsset(server.db, videoId, 'video'), undefined)
  t.notOk(await server.app.context.assets.has(sha256))
  t.ok((await server.admin.get(url)).rawPayload.equals(CLIP))
  t.equal(upstream.requests().content, before! + 1)

  upstream.behave('content', { content: { answer: 410 } })
  t.match((await server.admin.get(url)).json(), { code: 'VIDEO_EXPIRED' })
  const openai = await server.admin.get(`/v1/videos/${videoId}/content`)
  t.equal(openai.statusCode, 410)
  t.equal(openai.json().error.code, 'video_expired')
})

t.test('a copy that is removed while it is opened is read from its provider', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask({ aspectRatio: '16:9' })
  await server.waitForTask(videoId, 'COMPLETED')
  await server.app.context.assets.remove((await findAsset(server.db, videoId, 'video'))!.sha256)
  const url = `/api/video/tasks/${videoId}/content`
  t.ok((await server.admin.get(url)).rawPayload.equals(CLIP))
  t.ok((await server.admin.get(url, { range: 'bytes=5-9' })).rawPayload.equals(CLIP.subarray(5, 10)))
})

t.test('a deleted task frees its video, unless another task has the same', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const tasks = []
  for (let count = 0; count < 2; count++) {
    const { videoId } = await server.admin.createTask()
    await server.waitForTask(videoId, 'COMPLETED')
    tasks.push(videoId)
  }
  const { sha256 } = (await findAsset(server.db, tasks[0]!, 'video'))!
  await server.admin.inject({ method: 'DELETE', url: `/api/video/tasks/${tasks[0]}` })
  t.equal(await findAsset(server.db, tasks[0]!, 'video'), undefined)
  t.ok(await server.app.context.assets.has(sha256))
  await server.admin.inject({ method: 'DELETE', url: `/api/video/tasks/${tasks[1]}` })
  t.notOk(await server.app.context.assets.has(sha256))
})

t.test('a use is remembered, at most once an hour', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, upstream.env)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')
  const minutesAgo = async (minutes: number) => {
    await sql`update assets set last_used_at = now() - ${minutes} * interval '1 minute'`.execute(server.db)
    await server.admin.get(`/api/video/tasks/${videoId}/content`)
    const { last_used_at: lastUsedAt } = (await findAsset(server.db, videoId, 'video'))!
    return Math.round((Date.now() - lastUsedAt.getTime()) / 60_000)
  }
  t.equal(await minutesAgo(50), 50)
  t.equal(await minutesAgo(70), 0)
})

t.test('the least recently used copies go when there is no room, files that are shared counted once', async t => {
  const { db, store, addVideo } = await emptyStore(t)
  const [first, second, third, twin] = [await addVideo('a'.repeat(60), 3), await addVideo('b'.repeat(60), 2), await addVideo('c'.repeat(60), 1), await addVideo('b'.repeat(60), 5)]
  const kept = async () => await Promise.all([first, second, third, twin].map(async id => await findAsset(db, id!, 'video') !== undefined))

  t.equal(await pruneVideos(db, store, { maxBytes: 180 }), 0)
  t.equal(await pruneVideos(db, store, { maxBytes: 179 }), 1)
  t.same(await kept(), [false, true, true, true], 'the twin was used long ago, its file was not')
  t.equal(await pruneVideos(db, store, { maxBytes: 60 }), 2)
  t.same(await kept(), [false, false, true, false])
  t.equal(await pruneVideos(db, store, {}), 0)
  t.equal(await pruneVideos(db, store, { maxBytes: 59 }), 1)
  t.same(await kept(), [false, false, false, false])
})

t.test('what a task was given stays', async t => {
  const { db, store, addVideo } = await emptyStore(t)
  const task = await addVideo('the video', 1)
  await db.insertInto('assets').values({ task_id: task, kind: 'input', sha256: '0'.repeat(64), size: 1_000, content_type: 'image/png' }).execute()
  t.equal(await pruneVideos(db, store, { maxBytes: 1 }), 1)
  t.ok(await findAsset(db, task, 'input'))
})

t.test('files that nothing needs are found within a day, fresh ones and known ones are left alone', async t => {
  const { db, store, folder, addVideo } = await emptyStore(t)
  const known = (await findAsset(db, await addVideo('known', 1), 'video'))!.sha256
  const [old, fresh] = [await store.put(Buffer.from('old')), await store.put(Buffer.from('fresh'))]
  const path = (sha256: string) => join(folder, 'assets', sha256.slice(0, 2), sha256.slice(2, 4), sha256)
  const twoHoursAgo = Date.now() / 1000 - 7_200
  for (const sha256 of [known, old.sha256]) await utimes(path(sha256), twoHoursAgo, twoHoursAgo)

  const removed = []
  for (let hour = 0; hour < 24; hour++) removed.push(await removeOrphans(db, store, hour))
  t.equal(removed.reduce((sum, files) => sum + files), 1)
  t.same([known, old.sha256, fresh.sha256].map(sha256 => existsSync(path(sha256))), [true, false, true])
})

t.test('what a dead process left half-written is cleared away while others run', async t => {
  const { db, store, folder } = await emptyStore(t)
  const tmp = join(folder, 'assets/tmp')
  await mkdir(tmp, { recursive: true })
  await writeFile(join(tmp, 'old'), '')
  await writeFile(join(tmp, 'new'), '')
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
  await utimes(join(tmp, 'old'), twoDaysAgo, twoDaysAgo)
  await removeOrphans(db, store, 0)
  t.same(await readdir(tmp), ['new'])
})

async function emptyStore (t: Test) {
  const db = await connectTestDatabase(t)
  const folder = t.testdir()
  await mkdir(join(folder, 'assets/tmp'), { recursive: true })
  const store = createLocalStore(folder)
  const user = await insertUser(db, { username: 'owner', password: PASSWORD, role: 'user' })
  await db.insertInto('channels').values({ id: 'c', name: 'c', type: 'sora-relay', builtin: true }).execute()

  async function addVideo (bytes: string, usedDaysAgo: number): Promise<string> {
    const task = await insertTask(db, { id: newVideoId(), user_id: user.id, status: 'COMPLETED', stage: 'completed', channel_id: 'c', model: 'sora-2', prompt: 'a cat' }, 60_000)
    const { sha256, size } = await store.put(Buffer.from(bytes))
    await db.insertInto('assets').values({ task_id: task.id, kind: 'video', sha256, size, content_type: 'video/mp4', last_used_at: new Date(Date.now() - usedDaysAgo * 86_400_000) }).execute()
    return task.id
  }
  return { db, store, folder, addVideo }
}

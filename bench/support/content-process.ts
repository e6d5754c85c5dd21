import { join, relative } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { insertUser } from '../../server/accounts/users.ts'
import { createSession } from '../../server/accounts/sessions.ts'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import { createLog } from '../../server/log.ts'
import { contentUrlKey, signContentUrl } from '../../server/media/signed-urls.ts'
import { environment } from './seed-tasks.ts'

/** One finished video: by which addresses the server and a server of the asset folder send it. */
export interface BenchVideo { size: number, signedPath: string, ownPath: string, filePath: string }
export interface ContentReady { url: string, token: string, root: string, videos: BenchVideo[] }

/** The server's API half with one finished video of each size. */
const { databaseUrl, dataDir, sizes } = JSON.parse(process.argv[2]!) as { databaseUrl: string, dataDir: string, sizes: number[] }
const config = loadConfig({ ...environment('http://127.0.0.1:9'), ROLES: 'api', DATA_DIR: dataDir, LOG_LEVEL: 'error' })
const app = await buildApp(config, { databaseUrl, log: createLog('error') }) as unknown as FastifyInstance
const user = await insertUser(app.db, { username: 'bench', password: 'a good password', role: 'user' })
const session = await createSession(app.db, user, { ip: '127.0.0.1' })
await app.db.insertInto('channels').values({ id: 'bench', name: 'bench', type: 'sora-relay' }).execute()
const root = join(dataDir, 'assets')
const videos = await Promise.all(sizes.map(addVideo))
const url = await app.listen({ port: 0, host: '127.0.0.1' })

process.on('disconnect', () => process.exit())
process.on('message', async () => {
  await app.close()
  process.exit()
})
process.send!({ url, root, videos, token: app.jwt.sign({ sub: user.id, sid: session!.id, exp: session!.expires_at.getTime() / 1000 }) } satisfies ContentReady)

async function addVideo (size: number, index: number): Promise<BenchVideo> {
  const { assets } = app.context
  const file = await assets.stage(bytes(size))
  await assets.keep(file)
  const { sha256 } = file
  const videoId = `video_1795479308046_bench0${index}`
  await app.db
    .insertInto('tasks')
    .values({ id: videoId, user_id: user.id, status: 'COMPLETED', stage: 'completed', channel_id: 'bench', model: 'sora_video2', prompt: 'a cat', external_task_id: `bench_${index}` })
    .execute()
  await app.db.insertInto('assets').values({ task_id: videoId, kind: 'video', sha256, size, content_type: 'video/mp4' }).execute()
  return {
    size,
    signedPath: signContentUrl({ key: contentUrlKey(app.secrets.encryption), videoId, now: new Date() }),
    ownPath: `/v1/videos/${videoId}/content`,
    filePath: `/${relative(root, (await assets.localFile(sha256)).path)}`
  }
}

async function * bytes (size: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(Math.min(size, 1024 * 1024), `video of ${size}`)
  for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
}

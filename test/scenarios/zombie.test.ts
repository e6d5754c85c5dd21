import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { sql } from 'kysely'
import t from 'tap'
import { until } from '../support/polling.ts'
import { json, startScriptedServer } from '../support/scripted-server.ts'
import { prepare, readTasks } from './restarts.ts'

const CLIP = readFileSync(new URL('../../server/sandbox/clip.mp4', import.meta.url))
const PATIENCE_MS = 60_000

t.setTimeout(240_000)

t.test('a process that stood still while another took its poll over writes nothing stale when it wakes up', async t => {
  const held: ServerResponse[] = []
  const provider = await startScriptedServer(t, (response, { method }) => {
    if (method === 'POST') json({ id: 'job-1', status: 'queued' })(response, undefined!)
    else held.push(response)
  })
  const env = { SANDBOX: 'off', UPSTREAM_TYPE: 'sora-relay' as const, UPSTREAM_BASE_URL: provider.url, UPSTREAM_API_KEY: 'sk-upstream-secret' }
  const { db, start } = await prepare(t, { env })
  const zombie = await start()
  const { videoId } = await zombie.api.data('POST', '/api/video/tasks', { prompt: 'a cat', model: 'sora_video2' })
  await until(() => held.length > 0, 'its poll is in hand', PATIENCE_MS)
  process.kill(zombie.pid, 'SIGSTOP')
  const completed = json({ id: 'job-1', status: 'completed', video_url: `${provider.url}/video.mp4` })
  provider.answer = (response, request) => request.path === '/video.mp4' ? response.writeHead(200, { 'content-type': 'video/mp4' }).end(CLIP) : completed(response, request)
  const heir = await start()
  await db.updateTable('task_polls').set({ next_poll_at: sql`now() - interval '1 minute'`, lease_until: sql`now() - interval '1 second'` }).execute()
  await until(async () => (await readTasks(db))[0]!.status === 'COMPLETED', 'another process finishes it', PATIENCE_MS)

  const before = await rows()
  json({ id: 'job-1', status: 'failed', error: { message: 'stale' } })(held[0]!, undefined!)
  process.kill(zombie.pid, 'SIGCONT')
  t.equal(await zombie.end('SIGTERM'), 0, 'it has recorded what it could')
  t.same(await rows(), before)
  t.same(await db.selectFrom('poll_suspects').selectAll().execute(), [], 'it was not taken for dead')
  t.match(await heir.api.data('GET', `/api/video/tasks/${videoId}`), { status: 'COMPLETED', progress: 100 })

  async function rows () {
    return {
      tasks: await db.selectFrom('tasks').selectAll().execute(),
      attempts: await db.selectFrom('task_attempts').selectAll().execute(),
      polls: await db.selectFrom('task_polls').selectAll().execute(),
      events: await db.selectFrom('task_events').selectAll().execute()
    }
  }
})

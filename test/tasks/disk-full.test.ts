import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { until } from '../support/polling.ts'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const folder = await mountDisk('64k')
const skip = folder === undefined && 'no disk may be mounted here: a full one was NOT tried'

t.test('a full disk is waited for in stage saving; the task ends well when there is room', { skip }, async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, { ...upstream.env, DATA_DIR: folder })
  const filler = join(folder!, 'filler')
  await t.rejects(writeFile(filler, Buffer.alloc(1_000_000)), { code: 'ENOSPC' })

  const { videoId } = await server.admin.createTask()
  const tried = () => server.db.selectFrom('task_saves').select('error').where('task_id', '=', videoId).where('error', 'is not', null).executeTakeFirst()
  await until(async () => await tried() !== undefined, 'the copy was tried')
  t.match(await tried(), { error: /ENOSPC/ })
  const url = `/api/video/tasks/${videoId}`
  t.match((await server.admin.get(url)).json().data, { status: 'PROCESSING', stage: 'saving', videoUrl: null })
  t.equal((await server.admin.get(`${url}/content`)).statusCode, 409)
  t.match((await server.admin.get('/metrics')).body, /reelay_video_copies\{state="(failed|under_way)"\} 1/)

  await rm(filler)
  await sql`update task_saves set next_try_at = now() where task_id = ${videoId}`.execute(server.db)
  await sql`update pgboss.job set start_after = now() where name = 'save-video' and state = 'created'`.execute(server.db)
  await server.waitForTask(videoId, 'COMPLETED')
  const content = await server.admin.get(`${url}/content`)
  t.equal(content.statusCode, 200)
  t.match((await server.admin.get('/metrics')).body, new RegExp(`reelay_media_bytes\\{kind="video"\\} ${content.rawPayload.length}`))
})

async function mountDisk (size: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-disk-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  t.teardown(() => execFileSync('umount', ['--lazy', folder]))
  return folder
}

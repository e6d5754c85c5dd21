import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { prepare, waitForAll } from './restarts.ts'

/** Pictures would be files too. */
const withoutFfmpeg = { PATH: dirname(process.execPath) }

for (const place of ['save.after-fetch', 'save.after-keep', 'save.after-record']) {
  t.test(`killed at ${place}: the next process completes the task, once`, async t => {
    const upstream = await startSandboxUpstream(t, { durationMs: 50 })
    const { db, databaseUrl, folder, start } = await prepare(t, upstream)
    const first = await start({ ...withoutFfmpeg, FAILPOINT: place })
    await first.api.request('POST', '/api/video/tasks', { prompt: 'a cat', model: 'sora_video2' })
    t.same(await first.exited, [null, 'SIGKILL'])

    // Nobody renews its lease any more.
    await sql`update task_saves set lease_until = now()`.execute(db)
    await start(withoutFfmpeg)
    const [task] = await waitForAll(t, db, databaseUrl)
    t.match(task, { status: 'COMPLETED' })
    t.equal((await upstream.ledger()).length, 1)
    const events = await db.selectFrom('task_events').select('status').where('kind', '=', 'status').orderBy('id').execute()
    t.same(events.map(({ status }) => status), ['QUEUED', 'PROCESSING', 'COMPLETED'])
    const assets = await db.selectFrom('assets').select('sha256').execute()
    t.equal(assets.length, 1)
    const kept = readdirSync(join(folder, 'assets'), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile() && entry.name.length === 64)
    t.same(kept.map(({ name }) => name), [assets[0]!.sha256])
  })
}

import { sql } from 'kysely'
import type { Test } from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { launchBrowser, openPage, signIn } from '../support/browser.ts'
import { prepareConsole } from './console.ts'

/** The id of the so-manieth task of writeTasks. */
export const videoIdOf = (index: number) => `video_17000000${String(index).padStart(5, '0')}_0000000`

/** Finished tasks of the first account; with `remixes` all of them come from the first, six from each. */
async function writeTasks (db: Db, count: number, remixes: boolean): Promise<void> {
  await sql`
    insert into tasks (id, user_id, status, stage, progress, channel_id, external_task_id, model, prompt, created_at, completed_at, metadata)
    select 'video_17000000' || lpad(i::text, 5, '0') || '_0000000', u.id, 'COMPLETED', 'completed', 100, 'sandbox', 'x' || i, 'sora_video2', 'a scene, number ' || i, now() - (${count}::int - i) * interval '1 second', now(),
           case when ${remixes}::boolean and i > 0 then jsonb_build_object('type', 'remix', 'remix_from', 'video_17000000' || lpad(((i - 1) / 6)::text, 5, '0') || '_0000000') else '{}' end
    from generate_series(0, ${count}::int - 1) i, (select id from users order by id limit 1) u`.execute(db)
}

/** A console with so many finished tasks, and a browser that is signed in there. */
export async function openWithTasks (t: Test, count: number, { remixes = false, ...options }: { remixes?: boolean } & Parameters<typeof openPage>[2] = {}) {
  const { databaseUrl, start } = await prepareConsole(t)
  const { url } = await start()
  const db = createDatabase(databaseUrl, 1)
  t.teardown(() => db.destroy())
  await writeTasks(db, count, remixes)
  const opened = await openPage(await launchBrowser(t), url, options)
  await signIn(opened.page)
  return { url, db, ...opened }
}

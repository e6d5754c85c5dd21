import { sql } from 'kysely'
import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

/** Finished tasks of the first account; with `parent` all of them are remixes of the first. */
async function writeTasks (db: Db, count: number, remixes = false): Promise<void> {
  await sql`
    insert into tasks (id, user_id, status, stage, progress, channel_id, external_task_id, model, prompt, created_at, completed_at, metadata)
    select 'video_17000000' || lpad(i::text, 5, '0') || '_0000000', u.id, 'COMPLETED', 'completed', 100, 'sandbox', 'x' || i, 'sora_video2', 'a scene, number ' || i, now() - (${count}::int - i) * interval '1 second', now(),
           case when ${remixes}::boolean and i > 0 then jsonb_build_object('type', 'remix', 'remix_from', 'video_17000000' || lpad(((i - 1) / 6)::text, 5, '0') || '_0000000') else '{}' end
    from generate_series(0, ${count}::int - 1) i, (select id from users order by id limit 1) u`.execute(db)
}

t.test('ten thousand tasks scroll with a few dozen cards in the document', { skip: noBrowser }, async t => {
  const { databaseUrl, start } = await prepareConsole(t)
  const { url } = await start()
  const db = createDatabase(databaseUrl, 1)
  t.teardown(() => db.destroy())
  await writeTasks(db, 10_000)
  const { page } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  await page.getByRole('article').first().waitFor(PATIENCE)
  const last = async () => Number((await page.getByRole('article').last().getAttribute('aria-label', PATIENCE))!.replace(/\D/g, ''))
  for (let screen = 0; screen < 300 && await last() > 9_500; screen++) {
    await page.mouse.wheel(0, 2_000)
    await page.waitForTimeout(50)
  }
  t.ok(await last() <= 9_500, 'page after page follows')
  t.ok(await page.getByRole('article').count() < 60)
})

t.test('a tree of 500 is drawn', { skip: noBrowser }, async t => {
  const { databaseUrl, start } = await prepareConsole(t)
  const { url } = await start()
  const db = createDatabase(databaseUrl, 1)
  t.teardown(() => db.destroy())
  await writeTasks(db, 500, true)
  const { page } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  const startedAt = performance.now()
  await page.goto(`${url}/lineage/video_1700000000100_0000000`)
  await page.locator('.react-flow__node').first().waitFor(PATIENCE)
  t.comment(`page and picture in ${Math.round(performance.now() - startedAt)} ms`)
  t.match(await page.getByText(/videos$/).textContent(), '500 videos')
  await page.getByRole('button', { name: 'List' }).click()
  t.equal(await page.getByRole('treeitem').count(), 500)
  await page.getByRole('treeitem', { selected: true }).focus()
  await page.keyboard.press('Home')
  t.match(await page.evaluate('document.activeElement.getAttribute("aria-label")'), 'number 0')
  await page.keyboard.press('ArrowLeft')
  t.equal(await page.getByRole('treeitem').count(), 1)
})

import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'
import { videoIdOf, writeTasks } from './written-tasks.ts'

t.setTimeout(300_000)

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

t.test('a tree of 500 is drawn, and walked by keyboard', { skip: noBrowser }, async t => {
  const { databaseUrl, start } = await prepareConsole(t)
  const { url } = await start()
  const db = createDatabase(databaseUrl, 1)
  t.teardown(() => db.destroy())
  await writeTasks(db, 500, true)
  const { page } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  await page.goto(`${url}/lineage/${videoIdOf(100)}`)
  await page.locator('.react-flow__node').first().waitFor(PATIENCE)
  t.match(await page.getByText(/videos$/).textContent(), '500 videos')
  await page.getByRole('button', { name: 'List' }).click()
  t.equal(await page.getByRole('treeitem').count(), 500)
  await page.getByRole('treeitem', { selected: true }).focus()
  await page.keyboard.press('Home')
  t.match(await page.evaluate('document.activeElement.getAttribute("aria-label")'), 'number 0')
  await page.keyboard.press('ArrowLeft')
  t.equal(await page.getByRole('treeitem').count(), 1)
})

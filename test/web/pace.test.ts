import t from 'tap'
import { noBrowser } from '../support/browser.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

t.test('ten thousand tasks scroll with a few dozen cards in the document', { skip: noBrowser }, async t => {
  const { page } = await openWithTasks(t, 10_000)
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
  const { page, url } = await openWithTasks(t, 500, { remixes: true })
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

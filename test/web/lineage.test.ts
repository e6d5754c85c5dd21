import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser } from '../support/browser.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

/** Resolves once it stands in the middle of the picture. */
function inTheMiddle (page: Page, videoId: string) {
  return page.waitForFunction(selector => {
    const { document } = globalThis as any
    const [node, picture] = [selector, '.react-flow'].map(name => document.querySelector(name)?.getBoundingClientRect())
    return node && picture && Math.hypot(node.x + node.width / 2 - picture.x - picture.width / 2, node.y + node.height / 2 - picture.y - picture.height / 2) < 2
  }, `.react-flow__node[data-id="${videoId}"]`, { timeout: 20_000 })
}

t.test('a large tree opens at its focus, and what is unfolded stays in sight', { skip: noBrowser }, async t => {
  const { page, complaints, url } = await openWithTasks(t, 259, { remixes: true })
  await page.goto(`${url}/lineage/${videoIdOf(50)}`)
  await t.resolves(inTheMiddle(page, videoIdOf(50)), 'the focus')
  await page.locator(`.react-flow__node[data-id="${videoIdOf(8)}-folded"]`).getByRole('button').click(PATIENCE)
  await page.locator(`.react-flow__node[data-id="${videoIdOf(54)}"]`).waitFor(PATIENCE)
  await t.resolves(inTheMiddle(page, videoIdOf(8)), 'whose remixes were unfolded')
  t.equal(await page.locator(`.react-flow__node[data-id="${videoIdOf(8)}-folded"]`).count(), 0)
  t.same(complaints, [])
})

t.test('a step along the tree keeps the view, its zoom and the focus; a second one shows the video', { skip: noBrowser }, async t => {
  const { page, complaints, url, db } = await openWithTasks(t, 12, { remixes: true })
  await db.updateTable('tasks').set({ deleted_at: new Date() }).where('id', '=', videoIdOf(2)).execute()
  const dialog = page.getByRole('dialog')
  const isFocus = (index: number) => page.waitForURL(`**/lineage/${videoIdOf(index)}`, PATIENCE)
  const settled = () => page.waitForLoadState('networkidle', PATIENCE)

  await page.goto(`${url}/lineage/${videoIdOf(3)}`)
  const node = (index: number) => page.locator(`.react-flow__node[data-id="${videoIdOf(index)}"]`).getByRole('link')
  await node(1).waitFor(PATIENCE)
  await page.getByRole('button', { name: 'Farther' }).click()
  await page.locator('.react-flow').evaluate((picture: any) => { picture.mark = 'the same' })
  const zoom = () => page.locator('.react-flow__viewport').getAttribute('style')
  const before = await zoom()
  await node(1).click()
  await isFocus(1)
  await settled()
  t.equal(await page.locator('.react-flow').evaluate((picture: any) => picture.mark), 'the same', 'the picture')
  t.equal(await zoom(), before, 'its zoom')
  await t.resolves(node(1).and(page.locator(':focus')).waitFor(PATIENCE), 'the focus')
  await node(1).click()
  await t.resolves(dialog.getByText('Timeline').waitFor(PATIENCE), 'the details of the focus')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'List' }).click()
  const row = (index: number) => page.locator(`[data-node="${videoIdOf(index)}"]`)
  await row(1).focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowDown')
  await t.resolves(row(2).and(page.locator(':focus')).waitFor(PATIENCE))
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowDown')
  t.match(page.url(), videoIdOf(1), 'nothing leads to a deleted one')
  await page.keyboard.press('Enter')
  await isFocus(3)
  await settled()
  await t.resolves(row(3).and(page.locator(':focus')).waitFor(PATIENCE), 'the focus stays on its row')
  await page.getByRole('button', { name: 'Details' }).click()
  await dialog.getByRole('button', { name: 'Remix' }).click(PATIENCE)
  await t.resolves(dialog.getByLabel('Prompt').waitFor(PATIENCE), 'from the tree to a remix')
  t.equal(await dialog.getByLabel('Prompt').inputValue(), 'a scene, number 3')
  t.same(complaints, [])
})

t.test('a remix leads to its source, deleted or not', { skip: noBrowser }, async t => {
  const { page, complaints, url, db } = await openWithTasks(t, 8, { remixes: true })
  const card = (index: number) => page.locator(`[data-task=${videoIdOf(index)}]`)
  const dialog = page.getByRole('dialog')
  const heading = (index: number) => page.getByRole('heading', { name: `Lineage #${videoIdOf(index).split('_')[2]}` })
  await card(7).getByRole('link', { name: /from #/ }).click(PATIENCE)
  await t.resolves(page.waitForURL(`**/lineage/${videoIdOf(1)}?*`, PATIENCE), 'from its card')
  await heading(1).waitFor(PATIENCE)

  await page.goto(url)
  await card(7).getByRole('button', { name: /^Open/ }).click(PATIENCE)
  await dialog.getByRole('link', { name: '#' }).click(PATIENCE)
  await t.resolves(page.waitForURL(`**/lineage/${videoIdOf(1)}?*`, PATIENCE), 'from its details')

  await db.updateTable('tasks').set({ deleted_at: new Date() }).where('id', '=', videoIdOf(1)).execute()
  await page.reload()
  await t.resolves(page.waitForURL(`**/lineage/${videoIdOf(7)}`, PATIENCE), 'the tree of a deleted one is found by what was made of it')
  await page.locator(`.react-flow__node[data-id="${videoIdOf(1)}"]`, { hasText: 'deleted' }).waitFor(PATIENCE)
  t.equal(await page.getByRole('alert').count(), 0)
  t.same(complaints, [])
})

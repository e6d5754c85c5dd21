import type { Page } from 'playwright-core'
import t from 'tap'
import { toSvg } from '../../web/src/lineage/svg.ts'
import type { LineageNode } from '../../web/src/lineage/tree.ts'
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
  await page.getByRole('button', { name: 'Zoom out' }).click(PATIENCE)
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

t.test('by touch a list folds, compares and shows what changed', { skip: noBrowser }, async t => {
  const { page, complaints, url } = await openWithTasks(t, 8, { remixes: true, hasTouch: true, viewport: { width: 360, height: 740 } })
  await page.goto(`${url}/lineage/${videoIdOf(3)}`)
  const row = (index: number) => page.locator(`[data-node="${videoIdOf(index)}"]`)
  await t.resolves(row(7).locator('ins', { hasText: '7' }).waitFor(PATIENCE), 'what changed')
  t.equal(await row(0).locator('ins').count(), 0, 'the first has no source')
  await row(1).getByRole('button', { name: 'Fold' }).tap()
  await row(7).waitFor({ state: 'detached', ...PATIENCE })
  t.equal(await row(1).getAttribute('aria-expanded'), 'false')
  t.match(page.url(), videoIdOf(3), 'the focus stays')
  await row(1).getByRole('button', { name: 'Unfold' }).tap()
  await row(7).waitFor(PATIENCE)
  for (const index of [3, 7]) await row(index).getByRole('button', { name: 'A/B' }).tap()
  await t.resolves(page.getByRole('dialog', { name: 'Side by side' }).waitFor(PATIENCE))
  t.match(page.url(), videoIdOf(3))
  t.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0)
  t.same(complaints, [])
})

t.test('a saved picture parts lines between words and says how each video stands', async t => {
  const words = { QUEUED: 'Queued', PROCESSING: 'Processing', COMPLETED: 'Completed', FAILED: 'Failed', CANCELLED: 'Cancelled' }
  const linesOf = (prompt: string, rest: Partial<LineageNode> = {}) => {
    const node = { videoId: 'a', parentId: null, status: 'FAILED', deleted: false, prompt, ...rest } as LineageNode
    return [...toSvg({ node, children: [], hidden: 0 }, new Set(), words).matchAll(/<text [^>]*>([^<]*)/g)].map(match => match[1])
  }
  t.same(linesOf('A puppy plays ball on the beach, golden hour'), ['Failed', 'A puppy plays ball on the', 'beach, golden hour'])
  t.same(linesOf('一只小狗在金色的沙滩上追着一只红色的球奔跑'), ['Failed', '一只小狗在金色的沙滩上追着一', '只红色的球奔跑'], 'wide letters take the room of two')
  t.same(linesOf('x'.repeat(40)), ['Failed', 'x'.repeat(28), 'x'.repeat(12)], 'what has no spaces parts anywhere')
  const long = linesOf('one two three four five six '.repeat(20))
  t.equal(long.length, 4)
  t.ok(long.at(-1)!.endsWith('…') && long.every(line => line!.length <= 28), long.join('|'))
  t.same(linesOf('', { deleted: true }), ['×'])
})

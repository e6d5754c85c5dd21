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

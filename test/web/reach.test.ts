import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser } from '../support/browser.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

const card = (page: Page, index: number) => page.locator(`[data-task=${videoIdOf(index)}]`)

t.test('every shortcut does what the help says', { skip: noBrowser }, async t => {
  const { page, complaints } = await openWithTasks(t, 8, { remixes: true })
  const dialog = page.getByRole('dialog')
  await card(page, 7).waitFor(PATIENCE)
  const press = async (...keys: string[]) => { for (const key of keys) await page.keyboard.press(key) }
  const isFocused = (selector: string) => page.locator(`${selector}:focus`).waitFor(PATIENCE)

  await press('?')
  for (const key of ['/', 'n', 'j / k', 'x', 'r', 'b', 'g', '?']) await t.resolves(dialog.getByText(key, { exact: true }).waitFor(PATIENCE), `help: ${key}`)
  await press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await press('/')
  await t.resolves(isFocused('#search'), '/')
  await page.keyboard.type('jxr')
  t.equal(await page.locator('#search').inputValue(), 'jxr', 'whoever types gives no orders')
  await page.locator('#search').fill('')
  await page.evaluate('document.activeElement.blur()')
  await press('n')
  await t.resolves(isFocused('form textarea'), 'n')
  await page.evaluate('document.activeElement.blur()')
  await card(page, 7).waitFor(PATIENCE)

  await press('j', 'j', 'k', 'x')
  t.ok(await card(page, 7).getByRole('checkbox').isChecked(), 'j, k, x')
  await press('j', 'x', 'b')
  await t.resolves(dialog.getByText('2 × 0').waitFor(PATIENCE), 'b')
  await press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await press('r')
  t.equal(await dialog.getByLabel('Prompt').inputValue(PATIENCE), 'a scene, number 6', 'r')
  await press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.evaluate('document.activeElement.blur()')
  await press('Enter')
  await t.resolves(dialog.getByText('Timeline').waitFor(PATIENCE), 'Enter')
  await press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await press('g')
  await t.resolves(page.waitForURL(`**/lineage/${videoIdOf(6)}`, PATIENCE), 'g')
  t.same(complaints, [])
})

t.test('every page fits a screen of 360 pixels, where a lineage is a list', { skip: noBrowser }, async t => {
  const { page, url } = await openWithTasks(t, 8, { remixes: true, viewport: { width: 360, height: 740 } })
  await card(page, 7).waitFor(PATIENCE)
  const overflow = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  t.equal(await overflow(), 0, 'board')
  await card(page, 7).getByRole('button', { name: 'Remix', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Prompt').waitFor(PATIENCE)
  t.equal(await overflow(), 0, 'remix')
  t.ok((await page.getByRole('dialog').boundingBox())!.width <= 360)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached', ...PATIENCE })
  await card(page, 7).getByRole('checkbox').check()
  await page.evaluate('scrollTo(0, 900)')
  const takesPointer = await page.getByRole('button', { name: 'Remix 1' }).evaluate((button: any) => {
    const { x, y, width, height } = button.getBoundingClientRect()
    return button.contains((globalThis as any).document.elementFromPoint(x + width / 2, y + height / 2))
  })
  t.ok(takesPointer, 'what is selected can be remixed wherever the page stands')
  for (const path of [`/lineage/${videoIdOf(3)}`, '/keys', '/webhooks', '/channels', '/account']) {
    await page.goto(url + path)
    await page.locator('h1').waitFor(PATIENCE)
    if (path.startsWith('/lineage')) await t.resolves(page.getByRole('treeitem').nth(7).waitFor(PATIENCE), 'a list')
    t.equal(await overflow(), 0, path)
  }
})

t.test('whoever wants less motion gets none', { skip: noBrowser }, async t => {
  const { page } = await openWithTasks(t, 1, { remixes: true, reducedMotion: 'reduce' })
  const poster = card(page, 0).getByRole('button').first()
  await poster.hover(PATIENCE)
  t.equal(await page.locator('video[autoplay]').count(), 0, 'no video plays by itself')
  t.equal(await page.evaluate('getComputedStyle(document.querySelector("[data-live] span")).animationName'), 'none')
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  await page.mouse.move(0, 0)
  await poster.hover()
  await t.resolves(page.locator('video[autoplay]').waitFor(PATIENCE), 'otherwise it plays under the pointer')
})

t.test('favourites, language and theme are kept; search and filters stand in the address', { skip: noBrowser }, async t => {
  const { page, url } = await openWithTasks(t, 8, { remixes: true })
  await card(page, 2).hover(PATIENCE)
  await card(page, 2).getByRole('button', { name: 'Favourite' }).click()
  await page.getByRole('button', { name: 'Favourites' }).click()
  await card(page, 7).waitFor({ state: 'detached' })
  await page.reload()
  await card(page, 2).waitFor(PATIENCE)
  t.equal(await page.getByRole('article').count(), 1, 'only the favourite, after a reload too')

  await page.goto(`${url}/?q=number+5`)
  await card(page, 5).waitFor(PATIENCE)
  t.equal(await page.getByRole('article').count(), 1)
  t.equal(await page.getByRole('searchbox').inputValue(), 'number 5')
  await page.getByRole('combobox', { name: 'Status' }).selectOption('FAILED')
  await t.resolves(page.getByText('Nothing matches.').waitFor(PATIENCE))
  t.match(page.url(), 'status=FAILED')

  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitemradio', { name: '中文' }).click()
  await page.reload()
  await t.resolves(page.locator('html[lang=zh-CN].dark, html[lang=zh-CN][data-theme=dark]').waitFor({ state: 'attached', ...PATIENCE }))
})

t.test('a lineage is saved as SVG and as Mermaid; a video is deleted only when that was meant', { skip: noBrowser }, async t => {
  const { page, url, db } = await openWithTasks(t, 8, { remixes: true })
  await page.goto(`${url}/lineage/${videoIdOf(3)}`)
  const save = async (kind: string) => {
    await page.getByRole('button', { name: 'Export' }).click(PATIENCE)
    const [download] = await Promise.all([page.waitForEvent('download', PATIENCE), page.getByRole('menuitem', { name: kind }).click()])
    return { name: download.suggestedFilename(), text: await readFile((await download.path())!, 'utf8') }
  }
  const svg = await save('SVG')
  t.match(svg.name, /^lineage-\w+\.svg$/)
  t.match(await page.evaluate(`new DOMParser().parseFromString(${JSON.stringify(svg.text)}, 'image/svg+xml').documentElement.nodeName`), 'svg', 'it is a picture')
  t.match(svg.text, 'a scene, number 3')
  const mermaid = await save('Mermaid')
  t.match(mermaid.text, /^flowchart /m)

  await page.goto(url)
  const ask = async () => {
    await card(page, 7).getByRole('button', { name: 'Actions' }).click(PATIENCE)
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    return page.getByRole('dialog', { name: 'Delete' })
  }
  await (await ask()).getByRole('button', { name: 'Cancel' }).click()
  t.ok(await card(page, 7).isVisible())
  await (await ask()).getByRole('button', { name: 'Delete' }).click()
  await card(page, 7).waitFor({ state: 'detached', ...PATIENCE })
  t.ok((await db.selectFrom('tasks').select('deleted_at').where('id', '=', videoIdOf(7)).executeTakeFirstOrThrow()).deleted_at)
})

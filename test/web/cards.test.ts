import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'
import { openWithTasks } from './written-tasks.ts'

t.setTimeout(300_000)

const FAILING = ['[[fail]]', '[[refuse]]', '[[moderated]]']

/** A card that failed, whichever language says so. */
const failed = (page: Page, prompt: string) => page.getByRole('article', { name: prompt, exact: true }).filter({ has: page.locator('.text-bad') })

/** A console where these prompts were sent by whoever is signed in. */
async function openWith (t: Test, prompts: string[], env: NodeJS.ProcessEnv = {}) {
  const { start } = await prepareConsole(t, env)
  const { url } = await start()
  const opened = await openPage(await launchBrowser(t), url)
  await signIn(opened.page)
  for (const prompt of prompts) await opened.page.request.post(`${url}/api/video/tasks`, { data: { prompt } })
  await opened.page.reload()
  return { url, ...opened }
}

t.test('a card of a failure shows its prompt and all of its bar, on any screen and in both languages', { skip: noBrowser }, async t => {
  const { page, complaints } = await openWith(t, FAILING.map(marker => `A kite ${marker}`))
  for (const language of ['English', '中文']) {
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.getByRole('button', { name: /^(Language|语言)$/ }).click(PATIENCE)
    await page.getByRole('menuitemradio', { name: language }).click()
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 })
      for (const marker of FAILING) {
        const card = failed(page, `A kite ${marker}`)
        await card.waitFor(PATIENCE)
        // The list draws its rows anew while it scrolls.
        await card.scrollIntoViewIfNeeded(PATIENCE).catch(() => card.scrollIntoViewIfNeeded(PATIENCE))
        const { y, height } = (await card.boundingBox())!
        const prompt = (await card.getByText(`A kite ${marker}`).boundingBox())!
        t.ok(prompt.height >= 20 && prompt.y + prompt.height < y + height, `${marker} at ${width} in ${language}: its prompt`)
        for (const button of [card.getByRole('button', { name: 'Remix', exact: true }), card.getByRole('button', { name: /^(Actions|操作)$/ })]) {
          const box = (await button.boundingBox())!
          t.ok(box.height >= 24 && box.y > prompt.y && box.y + box.height <= y + height, `${marker} at ${width} in ${language}: its bar`)
        }
      }
    }
  }
  t.same(complaints, [])
})

t.test('a single failure is tried again by mouse, from its card and from the drawer; a refusal is told though the card has gone', { skip: noBrowser }, async t => {
  const { page, url } = await openWith(t, ['A kite [[fail]]', 'A kite [[refuse]]'])
  const dialog = page.getByRole('dialog')
  const card = failed(page, 'A kite [[fail]]')
  await card.getByRole('button', { name: 'Actions' }).click(PATIENCE)
  await page.getByRole('menuitem', { name: 'Try again' }).click()
  await page.getByRole('article', { name: 'A kite [[fail]]' }).getByRole('button', { name: /^Open/ }).click()
  await t.resolves(dialog.getByText('attempt 2').first().waitFor(PATIENCE))
  await dialog.getByRole('button', { name: 'Try again' }).click(PATIENCE)
  // What runs cannot be deleted.
  await t.resolves(dialog.getByRole('listitem').filter({ hasText: 'attempt 3' }).filter({ hasText: 'Failed' }).waitFor(PATIENCE))
  await dialog.getByRole('button', { name: 'Delete' }).click(PATIENCE)
  await page.getByRole('dialog', { name: 'Delete' }).getByRole('button', { name: 'Delete' }).click()
  await t.resolves(page.getByRole('article', { name: 'A kite [[fail]]' }).waitFor({ state: 'detached', ...PATIENCE }))
  t.equal(await dialog.count(), 0, 'and the drawer with it')

  await page.goto(`${url}/?status=FAILED`)
  await failed(page, 'A kite [[refuse]]').getByRole('button', { name: 'Actions' }).click(PATIENCE)
  await page.getByRole('menuitem', { name: 'Try again' }).click()
  await t.resolves(page.locator('[aria-live=polite] p', { hasText: /refused/ }).waitFor(PATIENCE))
})

t.test('what its provider cannot do is not offered: Cancel for a running video, Remix for a selected one that is not finished', { skip: noBrowser }, async t => {
  const { page } = await openWith(t, ['A kite [[never]]', 'A finished kite'])
  const running = page.getByRole('article', { name: 'A kite [[never]]' })
  const finished = page.getByRole('article', { name: 'A finished kite' })
  await running.getByText('generating').waitFor(PATIENCE)
  await running.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).waitFor(PATIENCE)
  t.equal(await page.getByRole('menuitem', { name: 'Cancel' }).count(), 0, 'in the menu')
  await page.getByRole('menuitem', { name: 'Details' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).waitFor(PATIENCE)
  t.equal(await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).count(), 0, 'in the drawer')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached', ...PATIENCE })

  await finished.getByText('Completed').waitFor(PATIENCE)
  for (const card of [running, finished]) await card.getByRole('checkbox').check()
  await t.resolves(page.getByText('1 left out: not finished').waitFor(PATIENCE))
  t.ok(await page.getByRole('button', { name: 'Remix 1' }).isEnabled())
})

t.test('without a pointer that hovers, the box and the star of a card are seen', { skip: noBrowser }, async t => {
  const { page } = await openWithTasks(t, 1, { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } })
  const card = page.getByRole('article')
  await card.waitFor(PATIENCE)
  t.ok(await page.evaluate('matchMedia("(hover: none)").matches'))
  for (const name of ['label', '[aria-pressed]']) t.equal(await card.locator(name).first().evaluate(element => (globalThis as any).getComputedStyle(element).opacity), '1', name)
})

t.test('a narrow card of a remix has room for all of its age', { skip: noBrowser }, async t => {
  const { page } = await openWithTasks(t, 2, { remixes: true, viewport: { width: 1165, height: 900 } })
  const age = page.getByRole('article').first().locator('time')
  await age.waitFor(PATIENCE)
  t.ok(await age.evaluate((time: any) => time.scrollWidth <= time.clientWidth), await age.innerText())
})

t.test('the first run leads to where a provider is connected', { skip: noBrowser }, async t => {
  const { page } = await openWith(t, [])
  await page.getByRole('heading', { name: 'Welcome' }).waitFor(PATIENCE)
  await page.getByRole('link', { name: 'Add a channel' }).click()
  await t.resolves(page.getByRole('heading', { name: 'Channels' }).waitFor(PATIENCE))
})

t.test('what is made is said where a filter hides its card', { skip: noBrowser }, async t => {
  const { page, url } = await openWith(t, [])
  await page.goto(`${url}/?status=CANCELLED`)
  await page.getByLabel('Prompt', { exact: true }).fill('A kite', PATIENCE)
  await page.getByRole('button', { name: 'Create' }).click(PATIENCE)
  await t.resolves(page.getByText('One new video is being made.').waitFor(PATIENCE))
})

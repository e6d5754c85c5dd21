import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser } from '../support/browser.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

const card = (page: Page, index: number) => page.locator(`[data-task=${videoIdOf(index)}]`)
const mainButton = (page: Page, index: number) => card(page, index).getByRole('button', { name: /^Open/ })

t.test('the keyboard\'s mark has Enter, and stays with its video; the focus goes into what opens and back to what opened it', { skip: noBrowser }, async t => {
  const { page, url, complaints } = await openWithTasks(t, 8)
  const dialog = page.getByRole('dialog')
  const press = async (...keys: string[]) => { for (const key of keys) await page.keyboard.press(key) }
  const close = async () => {
    await press('Escape')
    await dialog.waitFor({ state: 'detached', ...PATIENCE })
  }
  const hasFocus = (locator: ReturnType<Page['locator']>) => locator.and(page.locator(':focus')).waitFor(PATIENCE)

  await mainButton(page, 2).click(PATIENCE)
  await dialog.getByText('a scene, number 2').first().waitFor(PATIENCE)
  await close()
  await t.resolves(hasFocus(mainButton(page, 2)), 'back to the card that was opened')
  await press('j', 'j', 'Enter')
  await t.resolves(dialog.getByText('a scene, number 6').first().waitFor(PATIENCE), 'not the one that had the focus')
  await close()

  await page.request.post(`${url}/api/video/tasks`, { data: { prompt: 'One more' } })
  await page.getByRole('article', { name: 'One more' }).waitFor(PATIENCE)
  await press('Enter')
  await t.resolves(dialog.getByText('a scene, number 6').first().waitFor(PATIENCE), 'whatever came in before it')

  await dialog.getByRole('button', { name: 'Remix' }).focus()
  await press('Enter')
  await t.resolves(hasFocus(dialog.getByLabel('Prompt')), 'into the window that follows the drawer')
  await close()
  await t.resolves(hasFocus(mainButton(page, 6)), 'back to the card, because the drawer has gone')
  await card(page, 6).getByRole('button', { name: 'Remix', exact: true }).press('Enter')
  await hasFocus(dialog.getByLabel('Prompt'))
  await close()
  await t.resolves(hasFocus(card(page, 6).getByRole('button', { name: 'Remix', exact: true })))

  await card(page, 6).getByRole('button', { name: 'Actions' }).press('Enter')
  await page.getByRole('menuitem', { name: 'Delete' }).press('Enter')
  await dialog.getByRole('button', { name: 'Cancel' }).press('Enter')
  await t.resolves(hasFocus(card(page, 6).getByRole('button', { name: 'Actions' })), 'back to the button of the menu')
  await press('Enter')
  await page.getByRole('menuitem', { name: 'Delete' }).press('Enter')
  await dialog.getByRole('button', { name: 'Delete' }).press('Enter')
  await card(page, 6).waitFor({ state: 'detached', ...PATIENCE })
  await t.resolves(hasFocus(page.getByRole('feed')), 'the list, when the card has gone')
  t.same(complaints, [])
})

t.test('a form takes the focus and gives it back; a secret is not lost by Escape', { skip: noBrowser }, async t => {
  const { page, url } = await openWithTasks(t, 1)
  await page.goto(`${url}/keys`)
  const opener = page.getByRole('button', { name: 'New key' })
  const form = page.getByRole('dialog', { name: 'New key', exact: true })
  const secret = page.getByRole('dialog', { name: 'Your new key' })
  const hasFocus = (locator: ReturnType<Page['locator']>) => locator.and(page.locator(':focus')).waitFor(PATIENCE)
  await opener.press('Enter', PATIENCE)
  await t.resolves(hasFocus(form.getByLabel('Name')))
  await page.keyboard.press('Escape')
  await t.resolves(hasFocus(opener))
  await page.keyboard.press('Enter')
  await hasFocus(form.getByLabel('Name'))
  await page.keyboard.type('A program')
  await page.keyboard.press('Enter')
  await secret.waitFor(PATIENCE)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  t.ok(await secret.isVisible())
  await secret.getByRole('button', { name: 'Close' }).press('Enter')
  await secret.waitFor({ state: 'detached', ...PATIENCE })
  await t.resolves(hasFocus(opener))
})

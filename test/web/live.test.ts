import type { Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

const prompt = (page: Page) => page.getByPlaceholder('Describe a video')
const batch = (page: Page) => page.getByRole('region', { name: 'Batch' })
const isBatchRead = (url: string) => /\/api\/video\/batches\/[^/]+\?/.test(url)
/** Resolves when the tab is called so. */
const untilTitle = (page: Page, title: string) => page.waitForFunction(title => (globalThis as any).document.title === title, title, { ...PATIENCE, polling: 100 })

async function createMany (page: Page, count: number): Promise<void> {
  await prompt(page).fill('A flock of kites')
  await page.getByLabel('How many').fill(String(count))
  await page.getByRole('button', { name: `Create ${count}` }).click()
}

t.test('a batch and the count in the tab move with the stream, without asking', { skip: noBrowser }, async t => {
  // Long enough for two tabs of a busy machine to say that three run.
  const { start } = await prepareConsole(t, { SANDBOX_DURATION_MS: '8000' })
  const { url } = await start()
  const { page, context } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  await untilTitle(page, 'Board · Reelay')
  const reads: string[] = []
  page.on('request', request => { if (isBatchRead(request.url())) reads.push(request.url()) })

  const other = await context.newPage()
  await other.goto(`${url}/keys`)
  await untilTitle(other, 'API keys · Reelay')
  await createMany(page, 3)
  await Promise.all([untilTitle(page, '(3) Board · Reelay'), untilTitle(other, '(3) API keys · Reelay')])
  await t.resolves(batch(page).getByText('Completed 3').waitFor(PATIENCE))
  t.equal(await batch(page).getByRole('progressbar').getAttribute('aria-valuenow'), '100')
  t.equal(reads.length, 1, 'read once, when it was made')
  await t.resolves(untilTitle(page, 'Board · Reelay'), 'nothing runs')
  await t.resolves(untilTitle(other, 'API keys · Reelay'))
})

t.test('a stream that begins anew has all read again', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t, { SANDBOX_DURATION_MS: '600000' })
  const { url } = await start()
  const { page, context } = await openPage(await launchBrowser(t), url)
  // Each time the browser comes for the stream it is told that its place is lost, and the stream ends.
  let streams = 0
  await context.route('**/api/sse/task-updates*', route => {
    streams++
    return route.fulfill({ contentType: 'text/event-stream', body: 'retry: 500\ndata: {"type":"reset"}\n\n' })
  })
  await signIn(page)
  await createMany(page, 2)
  await batch(page).waitFor(PATIENCE)
  const before = streams
  const batchRead = page.waitForRequest(request => streams > before && isBatchRead(request.url()), PATIENCE)
  const listRead = page.waitForRequest(request => streams > before && /\/api\/video\/tasks\?/.test(request.url()), PATIENCE)
  await t.resolves(batchRead)
  await t.resolves(listRead)
})

t.test('a filtered board shows what comes to match, and drops what does not', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const { page } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  await page.goto(`${url}/?status=COMPLETED`)
  await page.getByText('Nothing matches.').waitFor(PATIENCE)
  await prompt(page).fill('Seen when it is done')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await t.resolves(page.getByRole('article', { name: 'Seen when it is done' }).waitFor(PATIENCE))
  await page.getByLabel('Status').selectOption('PROCESSING')
  await prompt(page).fill('Gone when it is done')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('article', { name: 'Gone when it is done' }).waitFor(PATIENCE)
  await t.resolves(page.getByRole('article').waitFor({ state: 'detached', ...PATIENCE }))
})

t.test('signing out ends it in every tab at once, and in another browser within a minute', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const browser = await launchBrowser(t)
  const [{ page, context }, elsewhere] = [await openPage(browser, url), await openPage(browser, url)]
  await signIn(page)
  await signIn(elsewhere.page)
  await elsewhere.page.locator('[data-live=live]').waitFor(PATIENCE)
  const other = await context.newPage()
  await other.goto(`${url}/account`)
  await other.getByRole('button', { name: 'Sign out', exact: true }).click()
  await t.resolves(page.getByLabel('Password').waitFor(PATIENCE), 'the other tab')
  await t.resolves(elsewhere.page.locator('[data-live=live]').waitFor(PATIENCE), 'a session of its own goes on')

  await signIn(page)
  await page.goto(`${url}/account`)
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await t.resolves(elsewhere.page.getByLabel('Password').waitFor(PATIENCE), 'nobody touched it')
})

import t from 'tap'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

t.test('from the first visit to a finished remix, by mouse', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const { page, complaints, strangers } = await openPage(await launchBrowser(t), url)
  await signIn(page)

  await t.resolves(page.getByText('No provider is connected yet').waitFor(PATIENCE), 'says what the sandbox is')
  await page.getByPlaceholder('What should be seen?').fill('A puppy plays ball')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  const source = page.getByRole('article', { name: 'A puppy plays ball', exact: true })
  await source.getByText('Completed').waitFor(PATIENCE)

  await source.getByRole('button', { name: 'Remix', exact: true }).click()
  const dialog = page.getByRole('dialog')
  t.equal(await dialog.getByLabel('Prompt').inputValue(), 'A puppy plays ball', 'begins with the prompt of its source')
  await dialog.getByLabel('Prompt').fill('A puppy and a kitten play ball')
  await t.resolves(dialog.locator('ins', { hasText: 'kitten' }).waitFor(PATIENCE), 'shows what changes')
  await dialog.getByRole('button', { name: 'Remix', exact: true }).click()

  const remix = page.getByRole('article', { name: 'A puppy and a kitten play ball' })
  await remix.getByText('Completed').waitFor(PATIENCE)
  await remix.getByRole('link', { name: /from #/ }).click()
  await t.resolves(page.getByRole('heading', { name: /Lineage/ }).waitFor(PATIENCE), 'shows where it came from')
  await t.resolves(page.locator('.react-flow__node').nth(1).waitFor(PATIENCE))
  t.equal(await page.locator('.react-flow__node').count(), 2)
  t.same(complaints, [])
  t.same(strangers, [])
})

t.test('the same by keyboard alone', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const { page, complaints } = await openPage(await launchBrowser(t), url)
  await page.getByLabel('Password').waitFor(PATIENCE)
  await page.keyboard.press('Tab')
  await page.keyboard.type('a good password')
  await page.keyboard.press('Enter')
  await page.getByRole('navigation').waitFor(PATIENCE)

  await page.keyboard.press('n')
  await page.keyboard.type('A red kite')
  await page.keyboard.press('Control+Enter')
  const source = page.getByRole('article', { name: 'A red kite', exact: true })
  await source.getByText('Completed').waitFor(PATIENCE)
  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('j')
  await page.keyboard.press('r')
  await page.getByRole('dialog').waitFor(PATIENCE)
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' over the sea')
  for (let presses = 0; presses < 10 && await page.evaluate('document.activeElement.textContent') !== 'Remix'; presses++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await t.resolves(page.getByRole('article', { name: 'A red kite over the sea' }).getByText('Completed').waitFor(PATIENCE))
  t.same(complaints, [])
})

t.test('a server that is killed and started again while a video runs: the pill says so, the board heals, nothing is doubled', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t, { SANDBOX_DURATION_MS: '4000' })
  const first = await start()
  const { page } = await openPage(await launchBrowser(t), first.url)
  await signIn(page)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  await page.getByPlaceholder('What should be seen?').fill('A long flight')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('article', { name: 'A long flight' }).waitFor(PATIENCE)
  await first.end('SIGKILL')
  await t.resolves(page.locator('[data-live=reconnecting]').waitFor(PATIENCE))
  await start({ PORT: new URL(first.url).port })
  await t.resolves(page.locator('[data-live=live]').waitFor(PATIENCE))
  await t.resolves(page.getByRole('article', { name: 'A long flight' }).getByText('Completed').waitFor(PATIENCE))
  t.equal(await page.getByRole('article').count(), 1)
})

t.test('three tabs hold one stream', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const { page, context } = await openPage(await launchBrowser(t), url)
  const streams = new Set<string>()
  let opened = 0
  context.on('request', request => { if (request.url().includes('/api/sse/task-updates')) streams.add(`${++opened}`) })
  await signIn(page)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  const others = [await context.newPage(), await context.newPage()]
  for (const other of others) {
    await other.goto(url)
    await other.locator('[data-live=live]').waitFor(PATIENCE)
  }
  t.equal(streams.size, 1)

  await page.getByPlaceholder('What should be seen?').fill('Seen everywhere')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  for (const other of others) await t.resolves(other.getByRole('article', { name: 'Seen everywhere' }).getByText('Completed').waitFor(PATIENCE))
  await page.close()
  await others[0]!.getByPlaceholder('What should be seen?').fill('After the first has gone')
  await others[0]!.getByRole('button', { name: 'Create', exact: true }).click()
  await t.resolves(others[1]!.getByRole('article', { name: 'After the first has gone' }).getByText('Completed').waitFor(PATIENCE), 'another tab took over')
  t.equal(streams.size, 2)
})

t.test('many at once: selected videos are remixed with several prompts, shown as one thing, failures tried again', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const { page, complaints } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  for (const prompt of ['The first', 'The second']) {
    await page.getByPlaceholder('What should be seen?').fill(prompt)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('article', { name: prompt, exact: true }).getByText('Completed').waitFor(PATIENCE)
    await page.getByRole('article', { name: prompt, exact: true }).getByRole('checkbox').check()
  }
  await page.getByRole('button', { name: 'Remix 2' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Prompts').fill('At dawn\nIn a storm [[fail]]')
  await t.resolves(dialog.getByText('2 × 2 = 4 new videos').waitFor(PATIENCE))
  await dialog.getByRole('button', { name: 'Make 4' }).click()

  const batch = page.getByRole('region', { name: 'Batch' })
  await t.resolves(batch.getByText('Completed 2').waitFor(PATIENCE))
  await t.resolves(batch.getByText('Failed 2').waitFor(PATIENCE))
  const failed = page.getByRole('article', { name: 'In a storm [[fail]]' }).first()
  await t.resolves(failed.getByText('The provider could not finish it.').waitFor(PATIENCE), 'whose fault it is')
  await batch.getByRole('button', { name: 'Retry failures' }).click()
  const id = await failed.getAttribute('data-task')
  await page.locator(`[data-task=${id}]`).getByRole('button').first().click()
  await t.resolves(dialog.getByText('attempt 2').first().waitFor(PATIENCE), 'tried again')
  t.same(complaints, [])
})

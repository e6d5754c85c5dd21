import t from 'tap'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

t.test('while the server is away the pill says for how long, and tells a screen reader once', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const first = await start()
  const { page } = await openPage(await launchBrowser(t), first.url)
  await signIn(page)
  const pill = page.locator('[data-live]')
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  t.equal(await pill.innerText(), 'Live')
  const [seconds] = await Promise.all([
    // Longer than a browser waits between two attempts: those are no updates.
    pill.getByText(/last update (1\d|9) s ago/).waitFor(PATIENCE),
    first.end('SIGKILL')
  ]).catch(error => [error])
  t.equal(seconds, undefined, 'it counts on')
  t.match(await pill.innerText(), /^Reconnecting/)
  t.equal(await page.getByRole('status').filter({ hasText: 'Reconnecting' }).innerText(), 'Reconnecting', 'what is read out does not change each second')

  await start({ PORT: new URL(first.url).port })
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  t.equal(await pill.innerText(), 'Live')
})

import t from 'tap'
import { PASSWORD } from '../support/accounts.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { until } from '../support/receivers.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

t.test('a password is changed, and other sessions are ended, by their owner alone', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const browser = await launchBrowser(t)
  const { page, complaints } = await openPage(browser, `${url}/account`)
  await signIn(page)
  const [tablet, phone] = [await openPage(browser, url, { userAgent: 'Tablet' }), await openPage(browser, url, { userAgent: 'Phone' })]
  for (const elsewhere of [tablet, phone]) {
    await signIn(elsewhere.page)
    await elsewhere.page.locator('[data-live=live]').waitFor(PATIENCE)
  }

  await page.reload()
  const sessions = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem')
  await sessions.filter({ hasText: 'Tablet' }).getByRole('button', { name: 'End' }).click()
  await t.resolves(sessions.filter({ hasText: 'Tablet' }).waitFor({ state: 'detached', ...PATIENCE }))
  t.match(await sessions.filter({ hasText: 'this one' }).innerText(), 'Chrome · Linux')
  t.equal(await sessions.filter({ hasText: 'this one' }).getByRole('button').count(), 0, 'one\'s own is ended by signing out')
  await t.resolves(tablet.page.getByLabel('Password').waitFor(PATIENCE), 'nobody touched it')
  t.ok(await phone.page.locator('[data-live=live]').isVisible(), 'the others go on')

  const [current, next] = [page.getByLabel('Current password'), page.getByLabel('New password')]
  await current.fill('not my password')
  await next.fill('another good password')
  await page.getByRole('button', { name: 'Change password' }).click()
  await t.resolves(page.getByRole('textbox', { name: 'Current password', description: 'This is not your current password.' }).waitFor(PATIENCE), 'said at the field, and the session goes on')
  t.equal(await current.getAttribute('aria-invalid'), 'true')

  await current.fill(PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Changed. All other sessions have ended.').waitFor(PATIENCE)
  await t.resolves(sessions.nth(1).waitFor({ state: 'detached', ...PATIENCE }))
  t.equal(await current.inputValue(), '')
  await t.resolves(phone.page.getByLabel('Password').waitFor(PATIENCE))
  await phone.page.getByLabel('Password').fill(PASSWORD)
  await phone.page.getByRole('button', { name: 'Sign in' }).click()
  await t.resolves(phone.page.getByText('User name or password is wrong').waitFor(PATIENCE))
  await t.resolves(signIn(phone.page, 'admin', 'another good password'))
  t.same(complaints, [])
})

t.test('an API key is seen once, works until it is revoked, and no longer', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const { page, complaints } = await openPage(await launchBrowser(t), `${url}/keys`)
  await signIn(page)
  await page.getByText('There are no keys yet.').waitFor(PATIENCE)
  const dialog = page.getByRole('dialog')
  const statusWith = async (key: string, method = 'GET') => (await fetch(`${url}/api/video/tasks`, { method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: method === 'POST' ? '{"prompt":"A kite"}' : undefined })).status

  await page.getByRole('button', { name: 'New key' }).click()
  await dialog.getByLabel('Name').fill('Dashboard')
  for (const scope of await dialog.getByRole('checkbox').all()) await scope.uncheck()
  await dialog.getByRole('button', { name: 'New key' }).click()
  await t.resolves(dialog.getByRole('group', { name: 'What it may do', description: 'Choose at least one.' }).waitFor(PATIENCE), 'a key that may do nothing is not made')
  await dialog.getByRole('checkbox', { name: 'tasks:read' }).check()
  await dialog.getByRole('button', { name: 'New key' }).click()
  await page.getByRole('dialog', { name: 'Your new key' }).waitFor(PATIENCE)
  const key = await dialog.locator('.font-mono').innerText()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.reload()
  const row = page.getByRole('listitem').filter({ hasText: 'Dashboard' })
  await t.resolves(row.getByText('never used').waitFor(PATIENCE))
  t.notMatch(await page.content(), key, 'seen once')

  t.equal(await statusWith(key), 200)
  t.equal(await statusWith(key, 'POST'), 403, 'it may do what was chosen')
  await row.getByRole('button', { name: 'Revoke' }).click()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  t.equal(await statusWith(key), 200, 'it was only asked')
  await t.resolves(row.getByRole('button', { name: 'Revoke' }).and(page.locator(':focus')).waitFor(PATIENCE), 'the focus is back where it was')
  await row.getByRole('button', { name: 'Revoke' }).click()
  await dialog.getByRole('button', { name: 'Revoke' }).click()
  await t.resolves(page.getByText('There are no keys yet.').waitFor(PATIENCE))
  await t.resolves(until(async () => await statusWith(key) === 401))
  t.same(complaints, [])
})

import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

t.test('a request whose answer is lost is sent again by itself, and made once', { skip: noBrowser }, async t => {
  const { databaseUrl, start } = await prepareConsole(t)
  const { url } = await start()
  const db = createDatabase(databaseUrl, 1)
  t.teardown(() => db.destroy())
  const { page } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  let lost = 0
  // The server takes it, and its answer never comes.
  await page.route('**/api/video/tasks', async route => {
    if (route.request().method() !== 'POST' || lost === 2) return await route.fallback()
    lost++
    await route.fetch()
    await route.abort('connectionreset')
  })
  await page.getByPlaceholder('Describe a video').fill('Paid for once')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: 'Prompt' }).and(page.locator(':placeholder-shown')).waitFor(PATIENCE)
  t.equal(lost, 2)
  await page.getByRole('article', { name: 'Paid for once' }).waitFor(PATIENCE)
  t.equal((await db.selectFrom('tasks').select('id').execute()).length, 1)
})

t.test('what could not be read comes back by itself; what could not be loaded leaves the rest', { skip: noBrowser }, async t => {
  const { page, url } = await openWithTasks(t, 3)
  let away = true
  await page.route('**/api/video/tasks?*', route => away ? route.fulfill({ status: 503, body: '{}' }) : route.fallback())
  await page.reload()
  await page.getByRole('alert').waitFor(PATIENCE)
  away = false
  await t.resolves(page.locator(`[data-task=${videoIdOf(2)}]`).waitFor(PATIENCE))
  t.equal(await page.getByRole('alert').count(), 0)

  await page.route('**/assets/keys-page-*', route => route.abort('connectionrefused'))
  await page.getByRole('link', { name: 'Keys' }).click()
  await page.getByText('This page could not be shown').waitFor(PATIENCE)
  t.ok(await page.getByRole('navigation').isVisible())
  await page.unroute('**/assets/keys-page-*')
  await page.getByRole('button', { name: 'Load again' }).click()
  await t.resolves(page.getByRole('heading', { name: 'Keys' }).waitFor(PATIENCE))
  t.equal(page.url(), `${url}/keys`)
})

t.test('while something is read there is a place for it, and nothing claims to be empty', { skip: noBrowser }, async t => {
  const { page, url } = await openWithTasks(t, 3)
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  for (const path of ['video/tasks?*', 'keys', 'webhooks', 'channels', 'auth/sessions']) await page.route(`**/api/${path}`, async route => { await held; await route.fallback() })
  const waiting = page.getByRole('status', { name: 'Loading' })
  for (const path of ['/', '/keys', '/webhooks', '/channels', '/account']) {
    await page.goto(`${url}${path}`)
    await t.resolves(waiting.first().waitFor(PATIENCE), path)
    t.equal(await page.getByText(/Nothing matches|There are no|Welcome/).count(), 0, path)
  }
  release()
  await t.resolves(waiting.waitFor({ state: 'detached', ...PATIENCE }))
})

t.test('a server that hangs without closing anything is noticed, and found again', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const server = await start()
  const { page } = await openPage(await launchBrowser(t), server.url)
  await signIn(page)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  process.kill(server.pid, 'SIGSTOP')
  t.teardown(() => process.kill(server.pid, 'SIGCONT'))
  await t.resolves(page.locator('[data-live=reconnecting]').waitFor(PATIENCE))
  process.kill(server.pid, 'SIGCONT')
  await t.resolves(page.locator('[data-live=live]').waitFor(PATIENCE))
})

t.test('what ended between the reading of the list and the beginning of the stream is shown', { skip: noBrowser }, async t => {
  const { page, url, db } = await openWithTasks(t, 2)
  await db.updateTable('tasks').set({ status: 'PROCESSING', stage: 'generating', progress: 50, completed_at: null }).where('id', '=', videoIdOf(1)).execute()
  // The stream waits until the list was read, and the video has ended.
  const listed = page.waitForResponse('**/api/video/tasks?*')
  await page.route('**/api/sse/task-updates*', async route => {
    await listed
    await db.updateTable('tasks').set({ status: 'COMPLETED', stage: 'completed', progress: 100, completed_at: new Date() }).where('id', '=', videoIdOf(1)).execute()
    await route.fallback()
  })
  await page.goto(url)
  await t.resolves(page.locator(`[data-task=${videoIdOf(1)}]`).getByText('Completed').waitFor({ timeout: 20_000 }))
})

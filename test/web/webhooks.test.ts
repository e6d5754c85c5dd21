import type { Locator } from 'playwright-core'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { createReceiverEgress, startReceiver } from '../support/receivers.ts'
import { text } from '../support/scripted-server.ts'
import { typeOf, verify } from '../support/webhooks.ts'
import { PATIENCE } from './console.ts'

t.setTimeout(300_000)

const click = (place: Locator, name: string) => place.getByRole('button', { name, exact: true }).click()

t.test('a webhook from its first test to its end: what failed is seen, and sent again by a click', { skip: noBrowser }, async t => {
  const { app, admin, waitForTask } = await startApp(t, {}, { webhookEgress: createReceiverEgress() })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const receiver = await startReceiver(t)
  const { page, complaints } = await openPage(await launchBrowser(t), `${url}/webhooks`)
  await signIn(page, admin.username)
  await page.getByText('There are no webhooks yet.').waitFor(PATIENCE)
  const dialog = page.getByRole('dialog')
  const hook = page.locator('section').filter({ hasText: 'Cutting room' })
  const takeSecret = async () => {
    const secret = await dialog.getByText(/^whsec_/).innerText(PATIENCE)
    await click(dialog, 'Close')
    await dialog.waitFor({ state: 'detached', ...PATIENCE })
    return secret
  }

  await click(page.locator('main'), 'New webhook')
  await dialog.getByLabel('URL').fill('https://127.0.0.1/hook')
  await dialog.getByLabel('Name').fill('Cutting room')
  await click(dialog, 'New webhook')
  await t.resolves(dialog.getByLabel('URL').and(page.locator('[aria-invalid=true]')).waitFor(PATIENCE), 'a refusal stands at the field it names')
  await t.resolves(dialog.getByLabel('URL').and(page.getByRole('textbox', { description: /must not be a private address/ })).waitFor(PATIENCE))
  await dialog.getByLabel('URL').fill(receiver.url)
  await t.resolves(dialog.getByRole('checkbox', { name: 'task.processing its making began' }).waitFor(PATIENCE), 'in words')
  for (const box of await dialog.getByRole('checkbox').all()) await box.uncheck()
  await click(dialog, 'New webhook')
  await t.resolves(dialog.getByText('Choose at least one.').waitFor(PATIENCE))
  await dialog.getByLabel('Format').selectOption('OpenAI')
  t.equal(await dialog.getByRole('checkbox').count(), 2, 'what that format tells')
  await dialog.getByLabel('Format').selectOption('Reelay')
  await dialog.getByLabel('task.processing').uncheck()
  await click(dialog, 'New webhook')
  const secret = await takeSecret()
  await hook.waitFor(PATIENCE)
  t.notMatch(await hook.innerText(), 'task.processing', 'what was left out is not told')
  await page.reload()
  await hook.waitFor(PATIENCE)
  t.notMatch(await page.content(), secret, 'shown once')

  await click(hook, 'Send a test')
  await t.resolves(hook.getByText('Delivered: HTTP 200.').waitFor(PATIENCE))
  verify(secret, receiver.requests[0]!)

  receiver.answer(text('out of order', 500))
  await click(hook, 'Send a test')
  await t.resolves(hook.getByText('Not delivered: answered 500').waitFor(PATIENCE))
  const { videoId } = await admin.createTask({ prompt: 'A kite' })
  await waitForTask(videoId, 'COMPLETED')
  await click(hook, 'Deliveries')
  const delivery = hook.getByRole('listitem').filter({ hasText: 'task.completed' })
  await t.resolves(delivery.getByText('out of order').waitFor(PATIENCE), 'what the receiver said is seen, as soon as it is known')
  await t.resolves(delivery.getByText(/next try/).waitFor(PATIENCE), 'and that it is tried again by itself')

  receiver.answer(text('thanks'))
  await click(delivery, 'Send again')
  await t.resolves(delivery.getByText('delivered', { exact: true }).waitFor(PATIENCE), 'without a reload')
  t.match(verify(secret, receiver.requests.findLast(request => typeOf(request) === 'task.completed')!), { type: 'task.completed', payload: { videoId } })

  await click(hook, 'Edit')
  t.equal(await dialog.getByLabel('task.processing').isChecked(), false, 'as it was chosen')
  await dialog.getByLabel('Name').fill('Cutting room two')
  await dialog.getByLabel('task.created').uncheck()
  await click(dialog, 'Save')
  await dialog.waitFor({ state: 'detached', ...PATIENCE })
  await hook.getByText('Cutting room two').waitFor(PATIENCE)
  t.match((await admin.get('/api/webhooks')).json().data.webhooks, [{ name: 'Cutting room two', events: ['task.completed', 'task.failed', 'task.cancelled', 'batch.completed'] }])

  await click(hook, 'New secret')
  await click(dialog, 'New secret')
  const next = await takeSecret()
  t.not(next, secret)
  await click(hook, 'Send a test')
  await hook.getByText('Delivered: HTTP 200.').waitFor(PATIENCE)
  verify(next, receiver.requests.findLast(({ body }) => JSON.parse(body.toString()).test)!)

  await click(hook, 'Disable')
  await t.resolves(hook.getByText('Disabled.').waitFor(PATIENCE))
  const told = receiver.requests.length
  const unheard = await admin.createTask({ prompt: 'Nobody is told' })
  await waitForTask(unheard.videoId, 'COMPLETED')
  await click(hook, 'Enable')
  await hook.getByText('Disabled.').waitFor({ state: 'detached', ...PATIENCE })
  const heard = await admin.createTask({ prompt: 'Everybody is told' })
  await waitForTask(heard.videoId, 'COMPLETED')
  await receiver.untilTold(told + 1)
  const tellings = receiver.requests.slice(told).map(({ body }) => JSON.parse(body.toString()).payload.videoId)
  t.notOk(tellings.includes(unheard.videoId))
  t.ok(tellings.includes(heard.videoId))

  await click(hook, 'Delete')
  await click(dialog, 'Delete')
  await t.resolves(page.getByText('There are no webhooks yet.').waitFor(PATIENCE))
  t.same(complaints, [])
})

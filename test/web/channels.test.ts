import t from 'tap'
import { DIALECT_NAMES } from '../../server/upstreams/openai-dialects.ts'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { addChannel } from '../support/channels.ts'
import { SANDBOX_KEY, startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

t.test('a channel is added, tried, used, disabled and deleted; its key never comes back', { skip: noBrowser }, async t => {
  const provider = await startSandboxUpstream(t, { type: 'openai' })
  const { start } = await prepareConsole(t, { SANDBOX: 'off' })
  const { url } = await start()
  const { page, complaints } = await openPage(await launchBrowser(t), `${url}/channels`)
  const answers: Array<Promise<string>> = []
  page.on('response', response => { if (!response.url().includes('/api/sse/')) answers.push(response.text().catch(() => '')) })
  await signIn(page)
  const dialog = page.getByRole('dialog')
  const channel = page.locator('section').filter({ hasText: 'Studio' })
  const toPage = (name: string) => page.getByRole('navigation').getByRole('link', { name }).click()
  const press = (name: string) => channel.getByRole('button', { name, exact: true }).click()
  const model = page.getByRole('combobox', { name: 'Model' })

  await t.resolves(page.getByText('There are no channels yet.').waitFor(PATIENCE))
  await page.getByRole('button', { name: 'Add a channel' }).click()
  await dialog.getByLabel('Name').fill('Studio')
  await dialog.getByLabel('Provider').selectOption('openai')
  await dialog.getByLabel('Base URL').fill(provider.baseUrl)
  await dialog.getByLabel('API key').fill(SANDBOX_KEY)
  await dialog.getByLabel('Models').fill('sora-2')
  await dialog.getByLabel('Weight').fill('5000')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await t.resolves(dialog.locator('[aria-invalid=true]').and(dialog.getByLabel('Weight')).waitFor(PATIENCE), 'a refusal stands at the field it names')
  await dialog.getByLabel('Weight').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await press('Test')
  await t.resolves(channel.getByText(/^It answers, in \d+ ms/).waitFor(PATIENCE))

  await toPage('Board')
  await model.getByRole('option', { name: 'sora-2' }).waitFor({ state: 'attached', ...PATIENCE })
  await page.getByPlaceholder('Describe a video').fill('A kite')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('article', { name: 'A kite' }).getByText('Completed').waitFor(PATIENCE)
  await toPage('Channels')
  await t.resolves(channel.getByText('100 %').waitFor(PATIENCE), 'how it does')

  await press('Edit')
  t.equal(await dialog.getByLabel('API key').inputValue(), '')
  await dialog.getByLabel('API key').fill('a-wrong-key')
  await dialog.getByLabel('Models').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached', ...PATIENCE })
  await t.resolves(channel.getByText('sora-2', { exact: true }).waitFor({ state: 'detached', ...PATIENCE }), 'what is emptied is taken back')
  await press('Test')
  await t.resolves(channel.getByText(/^It does not work: .*key/i).waitFor(PATIENCE), 'the provider\'s reason')
  await provider.die()
  await press('Test')
  await t.resolves(channel.getByText('It does not work: the upstream could not be reached').waitFor(PATIENCE), 'nobody is there')

  await press('Disable')
  await channel.getByText('disabled', { exact: true }).waitFor(PATIENCE)
  await toPage('Board')
  await t.resolves(page.getByText('Nothing can be made now: no channel is enabled.').waitFor(PATIENCE))
  t.equal(await model.getByRole('option').count(), 0)
  await toPage('Channels')
  await press('Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await t.resolves(page.getByText('There are no channels yet.').waitFor(PATIENCE))

  t.notMatch(await page.content(), SANDBOX_KEY)
  const said = (await Promise.all(answers)).join('\n')
  t.match(said, '"hasApiKey":true')
  for (const key of [SANDBOX_KEY, 'a-wrong-key']) t.notOk(said.includes(key), 'the key is in no answer')
  t.same(complaints, [])
})

t.test('every dialect that the server knows can be chosen, and stays when something else is changed', { skip: noBrowser }, async t => {
  const server = await startApp(t)
  const id = await addChannel(server, { type: 'openai', baseUrl: 'https://studio.example/v1' }, { name: 'Studio', dialect: 'inworld' })
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const { page, complaints } = await openPage(await launchBrowser(t), `${url}/channels`)
  await signIn(page, server.admin.username)
  const dialog = page.getByRole('dialog')
  await page.locator('section').filter({ hasText: 'Studio' }).getByRole('button', { name: 'Edit' }).click(PATIENCE)
  t.same((await dialog.getByLabel('Dialect').getByRole('option').allInnerTexts()).toSorted(), ['—', ...DIALECT_NAMES].toSorted())
  await dialog.getByLabel('Weight').fill('7')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached', ...PATIENCE })
  t.match((await server.admin.get(`/api/channels/${id}`)).json().data, { dialect: 'inworld', weight: 7 })

  await page.getByRole('button', { name: 'Add a channel' }).click()
  await dialog.getByLabel('Provider').selectOption('fal')
  t.equal(await dialog.getByLabel('Dialect').count(), 0, 'no other protocol has any')
  t.same(complaints, [])
})

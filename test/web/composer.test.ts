import t from 'tap'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { changeChannel } from '../support/channels.ts'
import { SANDBOX_KEY, startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { PATIENCE } from './console.ts'

t.setTimeout(300_000)

t.test('a video is checked and sent by keyboard; what is refused stands at its field, and nothing is lost', { skip: noBrowser }, async t => {
  const provider = await startSandboxUpstream(t, { type: 'openai' })
  const server = await startApp(t, { SANDBOX: 'off' })
  const { app, admin } = server
  const added = await admin.post('/api/channels', { name: 'Studio', type: 'openai', dialect: 'vllm-omni', baseUrl: provider.baseUrl, apiKey: SANDBOX_KEY, models: ['wan', 'wan-fast'] })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { page, complaints } = await openPage(await launchBrowser(t), url)
  await signIn(page, admin.username)
  const composer = page.getByRole('form', { name: 'New video' })
  const prompt = composer.getByRole('textbox', { name: 'Prompt', exact: true })
  const model = composer.getByRole('combobox', { name: 'Model' })
  await model.getByRole('option', { name: 'wan-fast' }).waitFor({ state: 'attached', ...PATIENCE })
  await page.evaluate('document.activeElement.blur()')

  const count = composer.getByLabel('How many')
  await t.resolves(composer.getByText('×').waitFor(PATIENCE), 'says what the number is')
  await count.fill('')
  await count.pressSequentially('12')
  t.equal(await count.inputValue(), '12', 'as it was typed')
  await count.pressSequentially('5')
  await count.blur()
  t.equal(await count.inputValue(), '20', 'as many as there may be')
  await count.fill('1')
  await count.blur()

  await page.keyboard.press('n')
  await page.keyboard.type('A red kite')
  await page.keyboard.press('Enter')
  await page.keyboard.type('over the sea')
  t.equal(await prompt.inputValue(), 'A red kite\nover the sea', 'a new line sends nothing')
  const check = composer.getByRole('button', { name: 'Check' })
  for (let presses = 0; presses < 12 && !await check.evaluate((button: any) => button.matches(':focus')); presses++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const plan = page.getByRole('dialog', { name: 'What would be sent' })
  await t.resolves(plan.getByText('Nothing has been sent or paid for.').waitFor(PATIENCE))
  t.match(await plan.innerText(), /Studio[\s\S]*wan[\s\S]*A red kite\\nover the sea/)
  t.equal((await provider.ledger()).length, 0)
  await page.keyboard.press('Escape')
  await plan.waitFor({ state: 'detached', ...PATIENCE })
  await t.resolves(check.and(page.locator(':focus')).waitFor(PATIENCE), 'the focus is back where it was')

  await page.getByRole('link', { name: 'Account' }).click()
  await page.getByRole('heading', { name: 'Account' }).waitFor(PATIENCE)
  await page.getByRole('link', { name: 'Board' }).click()
  t.equal(await prompt.inputValue(PATIENCE), 'A red kite\nover the sea', 'kept while another page is visited')

  for (const many of ['1', '3']) {
    await count.fill(many)
    if (many === '1') await composer.getByRole('button', { name: 'Advanced' }).click()
    await composer.getByLabel('Seed').fill('99999999999999999999')
    await prompt.press('Control+Enter')
    await t.resolves(composer.getByRole('spinbutton', { name: 'Seed', description: /must be at most / }).waitFor(PATIENCE), `at its field, for ${many}`)
    t.equal(await composer.getByLabel('Seed').getAttribute('aria-invalid'), 'true')
    t.equal(await composer.getByRole('alert').getByText(/must be at most /).count(), 1, 'said once')
    t.equal(await prompt.inputValue(), 'A red kite\nover the sea', 'what was written stays')
    await composer.getByLabel('Seed').fill('7')
    await t.resolves(composer.getByRole('alert').waitFor({ state: 'detached', ...PATIENCE }), 'what is mended is not held up to anybody')
  }

  await count.fill('1')
  await model.selectOption('wan-fast')
  await changeChannel(server, added.json().data.id, { models: ['wan'] })
  await prompt.press('Control+Enter')
  await t.resolves(composer.getByRole('combobox', { name: 'Model', description: /./ }).waitFor(PATIENCE), 'a model that has gone meanwhile')
  t.equal((await provider.ledger()).length, 0)
  await model.selectOption('wan')
  await prompt.press('Control+Enter')
  await page.getByRole('article', { name: /A red kite/ }).getByText('Completed').waitFor(PATIENCE)
  t.equal(await prompt.inputValue(), '')
  t.equal((await provider.ledger()).length, 1)
  t.same(complaints, [])
})

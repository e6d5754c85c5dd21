import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { diffPrompts, nearChange } from '../../web/src/remix/prompt-diff.ts'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { addChannel } from '../support/channels.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

const said = (before: string, after: string) => diffPrompts(before, after).map(({ kind, text }) => ({ same: text, removed: `-${text}-`, added: `+${text}+` })[kind]).join('|')

t.test('what changes about a prompt reads as words, not as letters run together', async t => {
  t.equal(said('a red car', 'a blue car'), 'a |-red-|+blue+| car')
  t.equal(said('a small red car', 'a large blue car'), 'a |-small red-|+large blue+| car', 'words side by side are one change')
  t.equal(said('a red car runs', 'a big blue car runs'), 'a |-red-|+big blue+| car runs', 'spaces that stay are not changed')
  t.equal(said('a car', 'a fast car'), 'a |+fast +|car')
  t.equal(said('a fast car', 'a car'), 'a |-fast -|car')
  t.equal(said('a car', 'a car'), 'a car')
  t.equal(said('', 'new'), '+new+')
  t.equal(said('一只小狗在草地上', '一只小猫在草地上'), '一只小|-狗-|+猫+|在草地上')
  t.match(nearChange(diffPrompts('A puppy plays ball on the beach, golden hour', 'A puppy plays ball on the beach at night'))[0], { kind: 'same', text: '… ball on the ' }, 'little room shows what changed')
  t.same(nearChange(diffPrompts('a red car', 'a blue car')), diffPrompts('a red car', 'a blue car'))
  for (const [before, after] of [['a b c', 'c b a'], ['  x  ', 'x'], ['one two three', 'one 2 three four'], ['a\nb', 'a b']] as const) {
    const parts = diffPrompts(before, after)
    t.equal(parts.filter(({ kind }) => kind !== 'added').map(({ text }) => text).join(''), before, `${before}: nothing of it is lost`)
    t.equal(parts.filter(({ kind }) => kind !== 'removed').map(({ text }) => text).join(''), after, `${after}: nothing of it is lost`)
  }
})

t.test('what cannot be remixed is grey and says why; what can says how long it takes', { skip: noBrowser }, async t => {
  const { page, complaints, url, db } = await openWithTasks(t, 3)
  const { data: channel } = await (await page.request.post(`${url}/api/channels`, { headers: { origin: url }, data: { name: 'closed', type: 'openai', baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'sk-test', enabled: false } })).json() as { data: { id: string } }
  await sql`update tasks set channel_id = ${channel.id} where id = ${videoIdOf(2)}`.execute(db)
  const dialog = page.getByRole('dialog')
  const remix = (index: number) => page.locator(`[data-task=${videoIdOf(index)}]`).getByRole('button', { name: 'Remix', exact: true }).click(PATIENCE)

  await remix(2)
  await t.resolves(dialog.getByRole('alert').waitFor(PATIENCE), 'the reason')
  t.ok(await dialog.getByRole('button', { name: 'Remix', exact: true }).isDisabled(), 'before anything is typed or sent')
  await page.keyboard.press('Escape')
  await remix(1)
  await dialog.getByText('Good to know before it is sent').click(PATIENCE)
  await t.resolves(dialog.getByText('simulated').first().waitFor(PATIENCE), 'what to know before it is sent')
  t.ok(await dialog.getByRole('button', { name: 'Remix', exact: true }).isEnabled())
  t.equal(await dialog.getByRole('alert').count(), 0)
  await page.keyboard.press('Escape')

  for (const index of [1, 2]) await page.locator(`[data-task=${videoIdOf(index)}]`).getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Remix 2' }).click()
  await t.resolves(dialog.getByText('1 of the selected is left out').waitFor(PATIENCE))
  await dialog.getByLabel('Prompts').fill('At dawn')
  await dialog.getByText('1 × 1 = 1 new video').waitFor(PATIENCE)
  await dialog.getByRole('button', { name: 'Make 1' }).click()
  await page.getByRole('article', { name: 'At dawn' }).waitFor(PATIENCE)
  t.same(await db.selectFrom('tasks').select(sql<string>`metadata ->> 'remix_from'`.as('source')).where('prompt', '=', 'At dawn').execute(), [{ source: videoIdOf(1) }])
  t.same(complaints, [])
})

t.test('what was written of a remix is kept until it was sent, its button stays in sight, and Ctrl and Enter send it', { skip: noBrowser }, async t => {
  const { page, complaints, db, open } = await openWithProvider(t)
  const dialog = page.getByRole('dialog')
  const prompt = dialog.getByLabel('Prompt')
  const button = dialog.getByRole('button', { name: 'Remix', exact: true })
  const gone = { state: 'detached', ...PATIENCE } as const
  const changed = `At night, ${Array.from({ length: 600 }, (_, index) => `scene ${index}`).join(', ')}`
  await open('A calm sea')
  await prompt.fill(changed)
  const { y, height } = (await button.boundingBox())!
  t.ok(y + height <= page.viewportSize()!.height, `${y}`)
  await page.mouse.click(5, 300)
  await dialog.waitFor(gone)
  await open('A forest')
  t.equal(await prompt.inputValue(PATIENCE), 'A forest', 'another video has its own')
  await page.keyboard.press('Escape')
  await dialog.waitFor(gone)
  await open('A calm sea')
  t.equal(await prompt.inputValue(PATIENCE), changed, 'a click beside it lost nothing')
  await button.and(page.locator(':enabled')).waitFor(PATIENCE)
  await prompt.press('Control+Enter')
  await t.resolves(page.getByText('The remix is being made.').waitFor(PATIENCE), 'wherever its card is')
  await dialog.waitFor(gone)
  t.equal((await db.selectFrom('tasks').select('id').where('prompt', '=', changed).execute()).length, 1)
  await open('A calm sea')
  t.equal(await prompt.inputValue(PATIENCE), 'A calm sea', 'what was sent is done with')
  t.same(complaints, [])
})

t.test('a remix offers what its channel takes of one, and a refusal stands at its field', { skip: noBrowser }, async t => {
  const { page, complaints, db, open } = await openWithProvider(t)
  const dialog = page.getByRole('dialog')
  await open('A calm sea')
  await dialog.getByRole('button', { name: 'Advanced' }).click(PATIENCE)
  t.equal(await dialog.getByLabel(/^(Seed|Sound|Negative prompt|Style|Watermark|Strength)$/).count(), 2, 'and nothing else')
  const seed = dialog.getByLabel('Seed')
  await seed.fill('99999999999999999999')
  await dialog.getByLabel('Prompt').press('Control+Enter')
  await t.resolves(seed.and(page.locator('[aria-invalid=true]')).waitFor(PATIENCE))
  await seed.fill('7')
  await dialog.getByLabel('Sound').selectOption({ label: 'no' })
  await dialog.getByRole('button', { name: 'Remix', exact: true }).click()
  await dialog.waitFor({ state: 'detached', ...PATIENCE })
  t.match(await db.selectFrom('tasks').select('options').where('type', '=', 'remix').execute(), [{ options: { seed: 7, audio: false } }])
  t.same(complaints, [])
})

/** A console whose one channel is a provider that takes a seed and sound with a remix; two videos are made. */
async function openWithProvider (t: Test) {
  const provider = await startSandboxUpstream(t, { type: 'runway' })
  const server = await startApp(t, { SANDBOX: 'off' })
  await addChannel(server, provider)
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' })
  for (const prompt of ['A calm sea', 'A forest']) await server.admin.post('/api/video/tasks', { prompt, model: 'seedance2' })
  const opened = await openPage(await launchBrowser(t), url)
  await signIn(opened.page, server.admin.username)
  return {
    ...opened,
    db: server.db,
    open: (prompt: string) => opened.page.getByRole('article', { name: prompt, exact: true }).first().getByRole('button', { name: 'Remix', exact: true }).click(PATIENCE)
  }
}

t.test('the details of a remix show what was asked for, what that changed and what was sent', { skip: noBrowser }, async t => {
  const { page, complaints, db } = await openWithTasks(t, 2, { remixes: true })
  const long = Array.from({ length: 300 }, (_, index) => `scene ${index}`).join(', ')
  await sql`insert into task_batches (id, user_id) select 'batch_of_two', user_id from tasks limit 1`.execute(db)
  await db.updateTable('tasks').set({ batch_id: 'batch_of_two', prompt: long, status: 'CANCELLED', options: JSON.stringify({ seed: 7, audio: false, negativePrompt: 'rain', parameters: { guidance: 3 } }) as any }).where('id', '=', videoIdOf(1)).execute()
  await page.reload()
  await page.locator(`[data-task=${videoIdOf(1)}]`).getByRole('button', { name: /^Open/ }).click(PATIENCE)
  const dialog = page.getByRole('dialog')
  const prompt = dialog.getByRole('region', { name: 'Prompt' })
  const text = prompt.locator('p').first()
  await t.resolves(prompt.locator('ins').first().waitFor(PATIENCE), 'what changed')
  t.equal(await text.innerText(), long, 'the prompt itself')
  const height = (await text.boundingBox())!.height
  t.ok(height < 200, `${height}`)
  await prompt.getByRole('button', { name: 'More' }).click()
  t.ok((await text.boundingBox())!.height > height * 2)
  const facts = await dialog.getByRole('region', { name: 'Parameters' }).innerText()
  for (const fact of [/Seed\s+7/, /Sound\s+no/, /Negative prompt\s+rain/, /Ended/, /Made from\s+#/, /Batch id\s+batch_of_two/]) t.match(facts, fact)
  t.notMatch(facts, 'Completed')
  await dialog.getByText('Parameters of the provider').click()
  await t.resolves(dialog.getByText('"guidance": 3').waitFor(PATIENCE))
  t.same(complaints, [])
})

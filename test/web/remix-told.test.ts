import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import t from 'tap'
import { diffPrompts, nearChanges } from '../../web/src/remix/prompt-diff.ts'
import { noBrowser } from '../support/browser.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(300_000)

const card = (page: Page, index: number) => page.locator(`[data-task=${videoIdOf(index)}]`)
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `scene ${index}`).join(', ')

t.test('of a long prompt every change is told, and of what stayed only what stands beside one', async t => {
  const scenes = numbered(3_000)
  const parts = diffPrompts(`dawn ${scenes} calm`, `dusk ${scenes} wild`)
  t.same(parts.filter(({ kind }) => kind !== 'same'), [{ text: 'dawn', kind: 'removed' }, { text: 'dusk', kind: 'added' }, { text: 'calm', kind: 'removed' }, { text: 'wild', kind: 'added' }])
  const near = nearChanges(parts)
  t.match(near[2]!.text, /^ scene 0, .{40,80} … .{40,80}, scene 2999 $/)
  t.same(nearChanges(diffPrompts('a red car', 'a blue car')), diffPrompts('a red car', 'a blue car'), 'a short one stays whole')
  const other = Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ')
  t.same(diffPrompts(scenes, other).map(({ kind }) => kind), ['removed', 'added'], 'what has nothing in common is shown whole')
})

t.test('a remix of a long or a right-to-left prompt shows its changes where they can be seen', { skip: noBrowser }, async t => {
  const { page, complaints, db } = await openWithTasks(t, 2)
  const [long, arabic] = [numbered(600), 'قارب ورقي صغير (v2)']
  await db.updateTable('tasks').set({ prompt: long }).where('id', '=', videoIdOf(0)).execute()
  await db.updateTable('tasks').set({ prompt: arabic }).where('id', '=', videoIdOf(1)).execute()
  await page.reload()
  const dialog = page.getByRole('dialog')
  const remix = (index: number) => card(page, index).getByRole('button', { name: 'Remix', exact: true }).click(PATIENCE)
  const directionOf = (selector: string) => page.locator(selector).evaluate(element => (globalThis as any).getComputedStyle(element).direction)

  await remix(1)
  const prompt = dialog.getByLabel('Prompt')
  await prompt.fill('قارب ورقي كبير (v2)', PATIENCE)
  await dialog.locator('ins').waitFor(PATIENCE)
  t.same(await Promise.all(['[role=dialog] textarea', '[role=dialog] p:has(ins)', `[data-task=${videoIdOf(1)}] p`].map(directionOf)), ['rtl', 'rtl', 'rtl'])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached', ...PATIENCE })

  await remix(0)
  await prompt.fill(`${long}, at night`, PATIENCE)
  const [change, seconds] = await Promise.all([dialog.locator('ins').boundingBox(), dialog.getByLabel('Seconds').boundingBox()])
  const { y, height } = (await dialog.boundingBox())!
  for (const box of [change, seconds]) t.ok(box!.y > y && box!.y + box!.height < y + height, 'in sight without scrolling')
  t.same(complaints, [])
})

t.test('of many remixes it is said how many are made, and why the others are not', { skip: noBrowser }, async t => {
  const { page, complaints, url, db } = await openWithTasks(t, 2)
  const dialog = page.getByRole('dialog')
  const headers = { origin: url }
  const { data: channel } = await (await page.request.post(`${url}/api/channels`, { headers, data: { name: 'second', type: 'sora-relay', baseUrl: 'http://127.0.0.1:1', apiKey: 'sk-test' } })).json() as { data: { id: string } }
  await sql`update tasks set channel_id = ${channel.id} where id = ${videoIdOf(1)}`.execute(db)
  const enable = (enabled: boolean) => page.request.patch(`${url}/api/channels/${channel.id}`, { headers, data: { enabled } })
  // What it was asked about before, it knows; the channel goes between the asking and the sending.
  const send = async (indexes: number[], prompt: string) => {
    await enable(true)
    await page.reload()
    for (const index of indexes) await card(page, index).getByRole('checkbox').check(PATIENCE)
    const asked = Promise.all(indexes.map(index => page.waitForResponse(response => response.url().endsWith(`${videoIdOf(index)}/remix`), PATIENCE)))
    await page.getByRole('button', { name: `Remix ${indexes.length}` }).click(PATIENCE)
    await asked
    await enable(false)
    await dialog.getByLabel('Prompts').fill(prompt)
    await dialog.getByRole('button', { name: `Make ${indexes.length}` }).click(PATIENCE)
  }
  await send([0, 1], 'At dawn')
  await t.resolves(page.getByText('One new video is being made.').waitFor(PATIENCE))
  await t.resolves(page.getByText(/^1 of them was not accepted: /).waitFor(PATIENCE))
  await dialog.waitFor({ state: 'detached', ...PATIENCE })
  await send([1], 'At dusk')
  await t.resolves(dialog.getByRole('alert').waitFor(PATIENCE), 'where none is, the window stays and says why')
  t.equal(await dialog.getByLabel('Prompts').inputValue(), 'At dusk')
  t.same(await db.selectFrom('tasks').select('prompt').where('type', '=', 'remix').execute(), [{ prompt: 'At dawn' }])
  t.same(complaints, [])
})

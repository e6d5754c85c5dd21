import t, { type Test } from 'tap'
import type { Locator, Page } from 'playwright-core'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { png } from '../support/images.ts'
import { SANDBOX_KEY, startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

const MODEL = 'fal-ai/veo3.1'
/** Takes a first frame, and no other picture. */
const GROK = 'xai/grok-imagine-video'
const dataUrl = (side: number) => `data:image/png;base64,${png(side, side).toString('base64')}`

/** A file comes by a paste or a drop, as a browser tells of it. */
async function bring (target: Locator, how: 'paste' | 'drop', name: string, side: number): Promise<void> {
  await target.evaluate((element: any, { how, name, base64 }) => {
    const { DataTransfer, File, ClipboardEvent, DragEvent } = globalThis as any
    const data = new DataTransfer()
    data.items.add(new File([Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))], name, { type: name.endsWith('.png') ? 'image/png' : 'text/plain' }))
    const more = { bubbles: true, cancelable: true }
    element.dispatchEvent(how === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, ...more }) : new DragEvent('drop', { dataTransfer: data, ...more }))
  }, { how, name, base64: png(side, side).toString('base64') })
}

async function openWithFal (t: Test) {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const upstream = await startSandboxUpstream(t, { type: 'fal', durationMs: 200 })
  const { page, complaints } = await openPage(await launchBrowser(t), url)
  await signIn(page)
  const created = await page.request.post(`${url}/api/channels`, { headers: { origin: url }, data: { name: 'fal', type: 'fal', baseUrl: upstream.baseUrl, apiKey: SANDBOX_KEY, models: [MODEL, GROK] } })
  t.equal(created.status(), 201, await created.text())
  await page.reload()
  await page.getByLabel('Model').locator('option', { hasText: MODEL }).waitFor({ state: 'attached', ...PATIENCE })
  return { page, complaints, upstream }
}

const slot = (page: Page, name: string) => page.getByRole('group', { name, exact: true })

async function create (page: Page, prompt: string): Promise<void> {
  await page.getByPlaceholder('Describe a video').fill(prompt)
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('article', { name: prompt, exact: true }).getByText('Completed').waitFor(PATIENCE)
}

t.test('the first frame, the last and references reach the provider, dropped, pasted and picked', { skip: noBrowser }, async t => {
  const { page, complaints, upstream } = await openWithFal(t)
  const sent = async (prompt: string) => (await upstream.ledger()).find(job => job.prompt === prompt)!.request.fields
  await page.getByLabel('Model').selectOption(MODEL)
  await bring(page.getByPlaceholder('Describe a video'), 'paste', 'begins.png', 31)
  await page.getByAltText('First frame: begins.png').waitFor(PATIENCE)
  await bring(slot(page, 'Last frame'), 'drop', 'ends.png', 32)
  await page.getByAltText('Last frame: ends.png').waitFor(PATIENCE)
  await create(page, 'From dawn to dusk')
  const frames = await sent('From dawn to dusk')
  t.equal(frames.first_frame_url, dataUrl(31))
  t.equal(frames.last_frame_url, dataUrl(32))
  t.equal(await page.getByAltText(/frame:/).count(), 0, 'what was sent is taken out')

  const choosing = page.waitForEvent('filechooser')
  await slot(page, 'References').getByRole('button').click()
  await (await choosing).setFiles([33, 34].map(side => ({ name: `${side}.png`, mimeType: 'image/png', buffer: png(side, side) })))
  await bring(slot(page, 'References'), 'paste', '35.png', 35)
  await page.getByAltText('References: 35.png').waitFor(PATIENCE)
  await page.getByRole('button', { name: 'Remove 34.png (References)' }).click()
  await create(page, 'Two friends')
  const references = await sent('Two friends')
  t.same([references['image_urls[0]'], references['image_urls[1]']], [dataUrl(33), dataUrl(35)])
  t.same(complaints, [])
})

t.test('only what the model takes is offered, and what cannot be taken is said', { skip: noBrowser }, async t => {
  const { page } = await openWithFal(t)
  await page.getByLabel('Model').selectOption(GROK)
  await slot(page, 'First frame').waitFor(PATIENCE)
  t.equal(await slot(page, 'Last frame').count(), 0)
  t.equal(await slot(page, 'References').count(), 0)

  await bring(page.getByRole('form', { name: 'New video' }), 'drop', 'notes.txt', 1)
  await t.resolves(page.getByRole('alert').getByText('Not taken').waitFor(PATIENCE))
  await bring(page.getByRole('form', { name: 'New video' }), 'drop', 'cat.png', 40)
  await t.resolves(page.getByAltText('First frame: cat.png').waitFor(PATIENCE))
  t.equal(await page.getByRole('alert').count(), 0)
  await bring(page.getByRole('form', { name: 'New video' }), 'drop', 'dog.png', 40)
  await t.resolves(page.getByRole('alert').getByText('Not taken').waitFor(PATIENCE), 'there is room for one')

  await page.getByLabel('Model').selectOption(MODEL)
  await t.resolves(page.getByAltText('First frame: cat.png').waitFor(PATIENCE), 'the picture stays when the model is changed')
  t.equal(await slot(page, 'References').count(), 0, 'it takes frames or references, not both')
  await page.getByRole('button', { name: 'Remove cat.png (First frame)' }).click()
  await t.resolves(slot(page, 'References').waitFor(PATIENCE))
})

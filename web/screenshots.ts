import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'docs', 'screenshots')
const PASSWORD = 'only for screenshots'
const PROMPTS = ['A puppy plays ball on the grass, golden hour', 'A lighthouse in a storm, waves break on the rocks', 'Paper boats drift down a rainy street', 'A storm over the sea [[fail]]']

/** Pictures of every page in both themes, into docs/screenshots: `npm run screenshots`. Needs a Chromium (CHROMIUM names it) and ffmpeg. */
const folder = mkdtempSync(join(tmpdir(), 'reelay-screenshots-'))
const server = spawn(process.execPath, ['server/index.ts'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORT: '0', DATA_DIR: folder, ADMIN_PASSWORD: PASSWORD, SANDBOX_DURATION_MS: '8000', POLL_MIN_MS: '200', LOG_LEVEL: 'warn' } })
try {
  const url = await address()
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
  mkdirSync(FOLDER, { recursive: true })
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1, locale: 'en-US' })
  await page.goto(url)
  await page.locator('input[name=password]').waitFor()
  await picture(page, 'sign-in')
  await page.locator('input[name=password]').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').waitFor()
  await addSettings(page, url)
  await makeVideos(page)
  await visit(page, url)
  await browser.close()
} finally {
  server.kill('SIGTERM')
  await new Promise(resolve => server.once('exit', resolve))
  rmSync(folder, { recursive: true, force: true })
}

async function address (): Promise<string> {
  for await (const text of server.stdout.setEncoding('utf8')) {
    const found = /ready at (http:\S+)/.exec(text)?.[1]
    if (found) return found
  }
  throw new Error('The server did not start')
}

/** A page of settings without any says little. */
async function addSettings (page: Page, url: string): Promise<void> {
  const post = async (path: string, data: object) => {
    const answer = await page.request.post(url + path, { headers: { origin: url }, data })
    if (!answer.ok()) throw new Error(await answer.text())
  }
  await post('/api/keys', { name: 'nightly render' })
  await post('/api/keys', { name: 'dashboard', scopes: ['tasks:read'], requestsPerMinute: 120 })
  await post('/api/webhooks', { url: 'https://example.com/hooks/reelay', name: 'Cutting room' })
}

/** A small tree: two remixes of the first video, and one of those remixed again. */
async function makeVideos (page: Page): Promise<void> {
  for (const prompt of PROMPTS) await create(page, prompt)
  await remix(page, PROMPTS[0]!, 'A puppy and a kitten play ball on the grass, golden hour')
  await remix(page, PROMPTS[0]!, 'A puppy plays ball on the beach, golden hour')
  await remix(page, 'A puppy plays ball on the beach, golden hour', 'A puppy plays ball on the beach at night')
}

async function create (page: Page, prompt: string): Promise<void> {
  await page.getByPlaceholder('Describe a video').fill(prompt)
  await page.keyboard.press('Control+Enter')
  await page.getByRole('article', { name: prompt, exact: true }).waitFor()
  // Taken, and ready for the next one.
  await page.getByRole('textbox', { name: 'Prompt' }).and(page.locator(':placeholder-shown')).waitFor()
}

async function remix (page: Page, source: string, prompt: string): Promise<void> {
  const card = page.getByRole('article', { name: source, exact: true })
  await card.getByText('Completed').waitFor({ timeout: 60_000 })
  await card.getByRole('button', { name: 'Remix', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Prompt').fill(prompt)
  await page.getByRole('dialog').getByRole('button', { name: 'Remix', exact: true }).click()
  await page.getByRole('article', { name: prompt, exact: true }).waitFor()
}

async function visit (page: Page, url: string): Promise<void> {
  await page.getByRole('article', { name: /at night$/ }).getByText('Completed').waitFor({ timeout: 60_000 })
  await thumbnails(page)
  await create(page, 'Two paper planes race through a canyon')
  await page.getByRole('progressbar').first().waitFor()
  await page.waitForTimeout(1_500)
  await page.mouse.move(0, 0)
  await picture(page, 'board')
  await page.getByRole('article', { name: /canyon$/ }).getByText('Completed').waitFor({ timeout: 60_000 })
  await thumbnails(page)
  await page.getByRole('article', { name: /on the beach, golden hour$/ }).getByRole('button', { name: 'Remix', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Prompt').fill('A puppy and two kittens play ball on the beach, golden hour')
  await picture(page, 'remix')
  await page.keyboard.press('Escape')
  const night = page.getByRole('article', { name: /at night$/ })
  await night.getByRole('button').first().click()
  await page.getByRole('dialog').getByText('Timeline').waitFor()
  await page.waitForTimeout(500)
  await picture(page, 'details')
  await page.keyboard.press('Escape')
  await night.getByRole('link').first().click()
  await page.locator('.react-flow__node').nth(3).waitFor()
  await page.waitForTimeout(500)
  await picture(page, 'lineage')
  for (const name of ['keys', 'webhooks', 'channels', 'account']) {
    await page.goto(`${url}/${name}`)
    await page.locator('h1').waitFor()
    await page.waitForTimeout(800)
    await picture(page, name)
  }
}

/** Thumbnails come a moment after their videos. */
async function thumbnails (page: Page): Promise<void> {
  for (const card of await page.getByRole('article').filter({ hasText: 'Completed' }).all()) await card.locator('img').waitFor({ timeout: 60_000 })
}

/** A page has few colours: a palette is a third of the bytes. */
function shrink (path: string): void {
  const { status } = spawnSync('ffmpeg', ['-v', 'error', '-y', '-i', `${path}.full.png`, '-vf', 'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=sierra2_4a', path], { stdio: 'inherit' })
  if (status !== 0) throw new Error('ffmpeg could not make the picture smaller')
  rmSync(`${path}.full.png`)
}

async function picture (page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // Colours change gently.
    await page.waitForTimeout(600)
    const path = join(FOLDER, `${name}-${colorScheme}.png`)
    await page.screenshot({ path: `${path}.full.png` })
    shrink(path)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

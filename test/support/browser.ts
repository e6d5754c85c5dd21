import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { PASSWORD } from './accounts.ts'

/** Where distributions put it; CHROMIUM names another one. */
const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].filter(path => path !== undefined)
/** Without these it looks for hosts of its maker's at every start. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

interface Teardown { teardown (handler: () => unknown): void }

const found = PLACES.find(existsSync)

/** For `t.test(name, { skip: noBrowser }, …)`: says why, where there is none. */
export const noBrowser: string | false = found ? false : 'there is no Chromium: install one, or name it in CHROMIUM'

export interface Watched { page: Page, context: BrowserContext, /** What the page complained of: errors, and violations of its policy. */ complaints: string[], /** Hosts it asked that are not the server. */ strangers: string[] }

export async function launchBrowser (t: Teardown): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: found, args: ARGUMENTS })
  t.teardown(() => browser.close())
  return browser
}

/** A page in a profile of its own, and what goes wrong in it. */
export async function openPage (browser: Browser, url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const strangers: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    // A browser reports every refusal of the API; those are the API's own tests' business.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) complaints.push(message.text())
  })
  page.on('request', request => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== new URL(url).origin && !['data:', 'blob:'].includes(protocol)) strangers.push(request.url())
  })
  await page.goto(url)
  return { page, context, complaints, strangers }
}

export async function signIn (page: Page, username = 'admin', password = PASSWORD): Promise<void> {
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').waitFor()
}

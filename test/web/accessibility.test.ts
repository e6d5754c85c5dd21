import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PASSWORD } from '../support/accounts.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(600_000)

t.test('nothing serious for people with disabilities, on every page, in both themes and both languages', { skip: noBrowser }, async t => {
  const { start } = await prepareConsole(t)
  const { url } = await start()
  const browser = await launchBrowser(t)
  const { videoId, failed } = await makeVideos(url)

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const locale of ['en-US', 'zh-CN']) {
      const { page, context } = await openPage(browser, url, { colorScheme, locale, bypassCSP: true })
      const check = async (what: string) => t.same(await seriousProblems(page), [], `${what}, ${colorScheme}, ${locale}`)
      await page.locator('input[name=password]').waitFor(PATIENCE)
      await check('sign in')
      if (locale === 'en-US') await signIn(page)
      else {
        await page.locator('input[name=password]').fill(PASSWORD)
        await page.locator('button[type=submit]').click()
      }
      await page.locator(`[data-task=${failed}]`).waitFor(PATIENCE)
      await check('board')
      await page.locator(`[data-task=${videoId}] button`).first().click()
      await page.getByRole('dialog').waitFor(PATIENCE)
      await check('drawer')
      await page.keyboard.press('Escape')
      for (const path of [`/lineage/${videoId}`, '/keys', '/webhooks', '/channels', '/account']) {
        await page.goto(url + path)
        await page.locator('h1').waitFor(PATIENCE)
        await check(path.replace(videoId, ':videoId'))
      }
      await context.close()
    }
  }
})

async function makeVideos (url: string): Promise<{ videoId: string, failed: string }> {
  const post = async (path: string, body: object, token?: string) => {
    const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...token && { authorization: `Bearer ${token}` } }, body: JSON.stringify(body) })
    return (await response.json() as { data: Record<string, string> }).data
  }
  const { token } = await post('/api/auth/login', { username: 'admin', password: PASSWORD })
  const source = await post('/api/video/tasks', { prompt: 'A puppy' }, token)
  const failed = await post('/api/video/tasks', { prompt: 'A storm [[fail]]' }, token)
  const isDone = async (videoId: string) => {
    const response = await fetch(`${url}/api/video/tasks/${videoId}`, { headers: { authorization: `Bearer ${token}` } })
    return ['COMPLETED', 'FAILED'].includes((await response.json() as { data: { status: string } }).data.status)
  }
  while (!await isDone(source.videoId!) || !await isDone(failed.videoId!)) await new Promise(resolve => setTimeout(resolve, 200))
  await post(`/api/video/tasks/${source.videoId}/remix`, { prompt: 'A kitten' }, token)
  await post('/api/keys', { name: 'nightly' }, token)
  return { videoId: source.videoId!, failed: failed.videoId! }
}

async function seriousProblems (page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

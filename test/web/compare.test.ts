import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE } from './console.ts'

t.setTimeout(300_000)

interface Playing { time: number, paused: boolean }

/** Two players and how they stand. */
function playersOf (page: Page) {
  const videos = page.getByRole('dialog').locator('video')
  const look = (): Promise<Playing[]> => videos.evaluateAll((players: any[]) => players.map(({ currentTime, paused }) => ({ time: currentTime, paused })))
  return {
    left: videos.nth(0),
    right: videos.nth(1),
    look,
    async until (is: (player: Playing) => boolean): Promise<void> {
      const deadline = Date.now() + PATIENCE.timeout
      while (!(await look()).every(is)) {
        if (Date.now() > deadline) throw new Error(`${is}: ${JSON.stringify(await look())}`)
        await page.waitForTimeout(20)
      }
    }
  }
}

const play = (player: Locator) => player.evaluate((video: any) => video.play())
const pause = (player: Locator) => player.evaluate((video: any) => video.pause())
const seek = (player: Locator, time: number) => player.evaluate((video: any, to) => { video.currentTime = to }, time)
const near = (time: number) => (player: Playing) => Math.abs(player.time - time) <= 0.11

t.test('two videos of a tree play, stop and move as one, whichever is touched', { skip: noBrowser }, async t => {
  const { app, admin, waitForTask } = await startApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { videoId } = await admin.createTask({ prompt: 'A puppy plays ball' })
  await waitForTask(videoId, 'COMPLETED')
  const remix = (await admin.post(`/api/video/tasks/${videoId}/remix`, { prompt: 'A kitten plays ball' })).json().data
  await waitForTask(remix.videoId, 'COMPLETED')
  const { page, complaints } = await openPage(await launchBrowser(t), `${url}/lineage/${videoId}`)
  await signIn(page, admin.username)
  const picks = page.getByRole('button', { name: /A\/B/ })
  await picks.nth(1).waitFor(PATIENCE)
  for (const pick of await picks.all()) await pick.click()
  const { left, right, until } = playersOf(page)
  for (const player of [left, right]) await player.and(page.locator('video')).evaluate((video: any) => video.readyState > 0 || new Promise(resolve => video.addEventListener('loadedmetadata', resolve)))
  await t.resolves(page.getByRole('dialog').locator('ins', { hasText: 'kitten' }).waitFor(PATIENCE), 'says how the prompts differ')

  for (const [touched, name] of [[left, 'the left one'], [right, 'the right one']] as const) {
    await seek(touched, 1.5)
    await t.resolves(until(near(1.5)), `${name} is moved`)
    await seek(touched, 0.5)
    await t.resolves(until(near(0.5)), `${name} is moved back`)
    await play(touched)
    await t.resolves(until(({ paused }) => !paused), `${name} is played`)
    await until(({ time }) => time > 0.6)
    await pause(touched)
    await t.resolves(until(({ paused }) => paused), `${name} is stopped`)
    await t.resolves(until(near(await touched.evaluate((video: any) => video.currentTime))), 'both at the same picture')
  }

  await seek(left, 2.7)
  await until(near(2.7))
  const both = page.getByRole('button', { name: 'Play or pause both' })
  await both.focus()
  await page.keyboard.press('Enter')
  await until(({ paused }) => !paused)
  await t.resolves(until(({ time, paused }) => time < 2 && !paused), 'at their end they begin again')
  await page.keyboard.press('Enter')
  await t.resolves(until(({ paused }) => paused))
  t.same(complaints, [])
})

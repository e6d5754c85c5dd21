import type { Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE } from './console.ts'
import { shortClip } from './short-clip.ts'

t.setTimeout(300_000)

interface Playing { time: number, paused: boolean, ended: boolean }

/** Two players and how they stand. */
function playersOf (page: Page) {
  const videos = page.getByRole('dialog').locator('video')
  const look = (): Promise<Playing[]> => videos.evaluateAll((players: any[]) => players.map(({ currentTime, paused, ended }) => ({ time: currentTime, paused, ended })))
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

/** The page of a video and its remix. */
async function openTree (t: Test) {
  const { app, admin, waitForTask } = await startApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { videoId } = await admin.createTask({ prompt: 'A puppy plays ball' })
  await waitForTask(videoId, 'COMPLETED')
  const remix = (await admin.post(`/api/video/tasks/${videoId}/remix`, { prompt: 'A kitten plays ball' })).json().data
  await waitForTask(remix.videoId, 'COMPLETED')
  const watched = await openPage(await launchBrowser(t), `${url}/lineage/${videoId}`)
  await signIn(watched.page, admin.username)
  return { ...watched, remixId: remix.videoId as string }
}

/** Both side by side, ready to be played. */
async function pickBoth (page: Page) {
  const picks = page.getByRole('button', { name: /A\/B/ })
  await picks.nth(1).waitFor(PATIENCE)
  for (const pick of await picks.all()) await pick.click()
  const players = playersOf(page)
  for (const player of [players.left, players.right]) await player.evaluate((video: any) => video.readyState > 0 || new Promise(resolve => video.addEventListener('loadedmetadata', resolve)))
  return players
}

const play = (player: Locator) => player.evaluate((video: any) => video.play())
const pause = (player: Locator) => player.evaluate((video: any) => video.pause())
const seek = (player: Locator, time: number) => player.evaluate((video: any, to) => { video.currentTime = to }, time)
const near = (time: number) => (player: Playing) => Math.abs(player.time - time) <= 0.11

t.test('two videos of a tree play, stop and move as one, whichever is touched', { skip: noBrowser }, async t => {
  const { page, complaints } = await openTree(t)
  const { left, right, until } = await pickBoth(page)
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

t.test('the shorter of two waits at its end for the longer', { skip: noBrowser }, async t => {
  const { page, remixId } = await openTree(t)
  const clip = await shortClip(1)
  await page.route(`**/${remixId}/content*`, route => {
    const start = Number(/bytes=(\d+)/.exec(route.request().headers().range ?? '')?.[1] ?? 0)
    return route.fulfill({ status: 206, contentType: 'video/mp4', headers: { 'accept-ranges': 'bytes', 'content-range': `bytes ${start}-${clip.length - 1}/${clip.length}` }, body: clip.subarray(start) })
  })
  const { left, right, look, until } = await pickBoth(page)
  const [longer, shorter] = await right.evaluate((video: any) => video.duration) < 2 ? [left, right] : [right, left]
  t.ok(await shorter.evaluate((video: any) => video.duration) < 1.5)
  await seek(longer, 2.5)
  await until(({ time }) => time > 0.9)
  t.equal(await longer.evaluate((video: any) => video.currentTime), 2.5, 'it is not drawn back to where the other ends')
  await seek(longer, 0.5)
  await until(near(0.5))
  await play(longer)
  const isAlone = ([one, other]: Playing[]) => [[one!, other!], [other!, one!]].some(([a, b]) => a!.ended && b!.time > 1.5 && !b!.paused)
  while (!isAlone(await look())) await page.waitForTimeout(20)
  t.pass('one has ended, the other goes on')
  await t.resolves(until(({ time, paused }) => time < 0.9 && !paused), 'both begin again')
})

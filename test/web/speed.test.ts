import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PATIENCE, prepareConsole } from './console.ts'
import { videoIdOf, writeTasks } from './written-tasks.ts'

t.setTimeout(600_000)

/** Others work on the machine too: the best of so many says what the console needs, the others what it was made to wait. */
const RUNS = 8
const CALIBRATION_MS = 200
/** Only a machine that is this quiet gives a verdict to the millisecond … */
const QUIET = 1.25
/** … on a busier one the page, its server and its browser wait for each other, so that only a multiple says something. */
const SLACK = 5

/** How much longer work takes now than the processor is given to it: 1 on a quiet machine, 2 where half of it goes to others. */
function contention (): number {
  const [startedAt, before] = [performance.now(), process.cpuUsage()]
  while (performance.now() - startedAt < CALIBRATION_MS);
  const { user, system } = process.cpuUsage(before)
  return Math.max(1, (performance.now() - startedAt) / ((user + system) / 1_000))
}

async function bestOf (t: Test, what: string, limit: number, measure: () => Promise<number>): Promise<void> {
  const runs: string[] = []
  for (let run = 0; run < RUNS; run++) {
    const before = contention()
    const measured = await measure()
    const share = (before + contention()) / 2
    runs.push(`${Math.round(measured)} ms at contention ${share.toFixed(2)}`)
    if (measured <= (share <= QUIET ? limit : limit * share * SLACK)) break
    if (run === RUNS - 1) t.fail(`${what}: ${runs.join(', ')}`)
  }
  t.comment(`${what}, at most ${limit} ms: ${runs.join(', ')}`)
}

/** A console with so many finished tasks, signed in. */
async function openWith (t: Test, count: number, remixes: boolean) {
  const { databaseUrl, start } = await prepareConsole(t)
  const { url } = await start()
  const db = createDatabase(databaseUrl, 1)
  t.teardown(() => db.destroy())
  await writeTasks(db, count, remixes)
  const opened = await openPage(await launchBrowser(t), url)
  await signIn(opened.page)
  return { url, ...opened }
}

/** Milliseconds since the page was asked for: when something was first painted. */
const firstPaint = (page: Page) => page.evaluate<number>("new Promise(resolve => new PerformanceObserver(list => resolve(list.getEntriesByName('first-contentful-paint')[0].startTime)).observe({ type: 'paint', buffered: true }))")

t.test('the board is painted within 1.5 s on a processor four times slower', { skip: noBrowser }, async t => {
  const { page, context, url } = await openWith(t, 200, false)
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await bestOf(t, 'first contentful paint', 1_500, async () => {
    await page.goto(url)
    await page.getByRole('heading', { name: 'Board' }).waitFor(PATIENCE)
    return await firstPaint(page)
  })
})

/** Runs in the page before its own scripts: when the first node of the picture was painted. */
const WATCH_NODES = `new MutationObserver((_changes, observer) => {
  if (!document.querySelector('.react-flow__node')) return
  observer.disconnect()
  requestAnimationFrame(() => requestAnimationFrame(() => { window.drawnAt = performance.now() }))
}).observe(document, { childList: true, subtree: true })`

t.test('a tree of 500 is drawn within 500 ms of its arrival', { skip: noBrowser }, async t => {
  const { page, context, url } = await openWith(t, 500, true)
  await context.addInitScript(WATCH_NODES)
  await bestOf(t, 'from the answer to the picture', 500, async () => {
    await page.goto(`${url}/lineage/${videoIdOf(100)}`)
    const drawnAt = await (await page.waitForFunction(() => (globalThis as any).drawnAt, undefined, PATIENCE)).jsonValue() as number
    const arrivedAt = await page.evaluate<number>("performance.getEntriesByType('resource').find(({ name }) => name.includes('/lineage?')).responseEnd")
    return drawnAt - arrivedAt
  })
})

/** A stream that the test tells what to say. */
async function startStream (t: Test) {
  const clients = new Set<ServerResponse>()
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 1000\n\n')
    clients.add(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    say: (frame: object) => { for (const client of clients) client.write(`data: ${JSON.stringify(frame)}\n\n`) }
  }
}

const SECONDS = 4
const RATE = 50
const CARDS = 20

function update (count: number) {
  const payload = { videoId: videoIdOf(199 - count % CARDS), externalTaskId: 'x', clientRequestId: null, type: 'generation', status: 'PROCESSING', stage: 'generating', attempt: 1, progress: Math.floor(count / CARDS) + 1, videoUrl: null, thumbnailUrl: null, remixedFrom: null, metadata: {}, errorCode: null, error: null }
  return { type: 'taskUpdate', timestamp: Date.now(), payload }
}

/** Runs in the page: how long its longest task of these seconds was; 0 for none over 50 ms. */
const longest = (page: Page, seconds: number) => page.evaluate<number>(`new Promise(resolve => {
  let longest = 0
  const observer = new PerformanceObserver(list => { for (const { duration } of list.getEntries()) longest = Math.max(longest, duration) })
  observer.observe({ type: 'longtask' })
  setTimeout(() => { observer.disconnect(); resolve(longest) }, ${seconds} * 1000)
})`)

t.test('50 updates a second, and no task of the page over 50 ms', { skip: noBrowser }, async t => {
  const stream = await startStream(t)
  const { page, context, url } = await openWith(t, 200, false)
  await context.route('**/api/sse/task-updates*', route => route.continue({ url: stream.url }))
  await page.goto(url)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  await page.getByRole('article').first().waitFor(PATIENCE)
  const [blocked] = await Promise.all([longest(page, 2), page.evaluate('new Promise(resolve => setTimeout(() => { for (const until = performance.now() + 120; performance.now() < until;); resolve() }, 300))')])
  t.ok(blocked >= 100, 'a task of 120 ms is noticed')
  let count = 0
  await bestOf(t, 'longest task', 50, async () => {
    t.comment(`at rest ${Math.round(await longest(page, 1))} ms`)
    const startedAt = count
    const timer = setInterval(() => stream.say(update(count++)), 1_000 / RATE)
    const measured = await longest(page, SECONDS)
    clearInterval(timer)
    t.comment(`${Math.round((count - startedAt) / SECONDS)} updates a second`)
    return measured
  })
  t.ok(count >= RATE * SECONDS / 2, `${count} updates`)
  await t.resolves(page.locator(`[data-task=${update(count - 1).payload.videoId}]`).getByText(`${update(count - 1).payload.progress} %`).waitFor(PATIENCE), 'they were shown')
})

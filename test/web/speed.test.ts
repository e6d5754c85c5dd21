import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { noBrowser } from '../support/browser.ts'
import { processorMsBetween, traceMainThread } from '../support/main-thread.ts'
import { PATIENCE } from './console.ts'
import { openWithTasks, videoIdOf } from './written-tasks.ts'

t.setTimeout(600_000)

/** Others work on the machine too: the best of so many says what the console needs, the others what it was made to wait. */
const RUNS = 8
const CALIBRATION_MS = 200
/** Only on a machine that is this quiet the clock gives a verdict: on a busier one page, server and browser wait for each other. */
const QUIET = 1.1

/** How long it took by the clock, and how long the page's main thread had a processor for it. */
interface Measured { clockMs: number, processorMs: number }

/** How much longer work takes now than the processor is given to it: 1 on a quiet machine, 2 where half of it goes to others. */
function contention (): number {
  const [startedAt, before] = [performance.now(), process.cpuUsage()]
  while (performance.now() - startedAt < CALIBRATION_MS);
  const { user, system } = process.cpuUsage(before)
  return Math.max(1, (performance.now() - startedAt) / ((user + system) / 1_000))
}

/** Within the limit by the processor's time on every machine, and by the clock's on a quiet one. */
async function bestOf (t: Test, what: string, limitMs: number, measure: () => Promise<Measured>): Promise<void> {
  const runs: string[] = []
  for (let run = 0; run < RUNS; run++) {
    const before = contention()
    const { clockMs, processorMs } = await measure()
    const share = (before + contention()) / 2
    runs.push(`processor ${Math.round(processorMs)} ms, clock ${Math.round(clockMs)} ms at contention ${share.toFixed(2)}`)
    if (processorMs <= limitMs && (clockMs <= limitMs || share > QUIET)) break
    if (run === RUNS - 1) t.fail(`${what}, at most ${limitMs} ms`)
  }
  t.comment(`${what}, at most ${limitMs} ms: ${runs.join('; ')}`)
}

/** With a session of its own for what only Chromium's protocol tells. */
async function openTraced (t: Test, count: number, remixes: boolean) {
  const opened = await openWithTasks(t, count, { remixes })
  return { session: await opened.context.newCDPSession(opened.page), ...opened }
}

/** Runs in the page before its own scripts: when the first of these was painted, by the page's clock. */
const watch = (selector: string) => `new MutationObserver((_changes, observer) => {
  if (!document.querySelector('${selector}')) return
  observer.disconnect()
  requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedAt = performance.now() }))
}).observe(document, { childList: true, subtree: true })`

async function paintedAt (page: Page): Promise<number> {
  return await (await page.waitForFunction(() => (globalThis as any).paintedAt, undefined, PATIENCE)).jsonValue() as number
}

const SLOWER = 4

t.test('the board is painted within 1.5 s on a processor four times slower', { skip: noBrowser }, async t => {
  const { page, context, session, url } = await openTraced(t, 200, false)
  await context.addInitScript(watch('main h1'))
  const open = async () => {
    await page.goto(url)
    return await paintedAt(page)
  }
  await bestOf(t, 'first paint of the board', 1_500, async () => {
    let until = 0
    const tasks = await traceMainThread(session, page, async () => { until = await open() })
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
    const clockMs = await open()
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
    return { clockMs, processorMs: SLOWER * processorMsBetween(tasks, 0, until) }
  })
})

t.test('a tree of 500 is drawn within 500 ms of its arrival', { skip: noBrowser }, async t => {
  const { page, context, session, url } = await openTraced(t, 500, true)
  await context.addInitScript(watch('.react-flow__node'))
  await bestOf(t, 'from the answer to the picture', 500, async () => {
    let until = 0
    const tasks = await traceMainThread(session, page, async () => {
      await page.goto(`${url}/lineage/${videoIdOf(100)}`)
      until = await paintedAt(page)
    })
    const from = await page.evaluate<number>("performance.getEntriesByType('resource').find(({ name }) => name.includes('/lineage?')).responseEnd")
    return { clockMs: until - from, processorMs: processorMsBetween(tasks, from, until) }
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

/** Runs in the page: how long its longest task of these seconds was by the clock; 0 for none over 50 ms. */
const longest = (page: Page, seconds: number) => page.evaluate<number>(`new Promise(resolve => {
  let longest = 0
  const observer = new PerformanceObserver(list => { for (const { duration } of list.getEntries()) longest = Math.max(longest, duration) })
  observer.observe({ type: 'longtask' })
  setTimeout(() => { observer.disconnect(); resolve(longest) }, ${seconds} * 1000)
})`)

/** Runs in the page: one task of so long. */
const work = (ms: number) => `new Promise(resolve => setTimeout(() => { for (const until = performance.now() + ${ms}; performance.now() < until;); resolve() }, 300))`

t.test('50 updates a second, and no task of the page over 50 ms', { skip: noBrowser }, async t => {
  const stream = await startStream(t)
  const { page, context, session, url } = await openTraced(t, 200, false)
  await context.route('**/api/sse/task-updates*', route => route.continue({ url: stream.url }))
  await page.goto(url)
  await page.locator('[data-live=live]').waitFor(PATIENCE)
  await page.getByRole('article').first().waitFor(PATIENCE)
  const watched = async (seconds: number, meanwhile: () => Promise<unknown> | void): Promise<Measured> => {
    let clockMs = 0
    const tasks = await traceMainThread(session, page, async () => { [clockMs] = await Promise.all([longest(page, seconds), meanwhile()]) })
    return { clockMs, processorMs: Math.max(...tasks.map(({ processorMs }) => processorMs)) }
  }
  const blocked = await watched(2, () => page.evaluate(work(500)))
  t.ok(blocked.clockMs >= 400, 'a long task is noticed by the clock')
  t.ok(blocked.processorMs > 50, 'and by its processor time')
  let count = 0
  await bestOf(t, 'longest task', 50, async () => {
    const startedAt = count
    const timer = setInterval(() => stream.say(update(count++)), 1_000 / RATE)
    const measured = await watched(SECONDS, () => {})
    clearInterval(timer)
    t.comment(`${Math.round((count - startedAt) / SECONDS)} updates a second`)
    return measured
  })
  t.ok(count >= RATE * SECONDS / 2, `${count} updates`)
  await t.resolves(page.locator(`[data-task=${update(count - 1).payload.videoId}]`).getByText(`${update(count - 1).payload.progress} %`).waitFor(PATIENCE), 'they were shown')
})

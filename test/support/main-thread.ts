import type { CDPSession, Page } from 'playwright-core'

/** An event of Chromium's trace: its time on a clock of the trace's own, and its processor time, both in µs. */
interface TraceEvent { name: string, cat: string, pid: number, tid: number, ts: number, dur?: number, tdur?: number, args: { data?: { startTime?: number } } }

/** A task of the page's main thread: when it began, by the page's own clock, and how long it had a processor. */
export interface MainThreadTask { startMs: number, processorMs: number }

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing']
const MARK = 'main-thread-traced'

/**
 * What the page's main thread did while `act` ran. Processor time hardly grows when others use the machine, so that it
 * can be judged everywhere; time on the clock cannot.
 */
export async function traceMainThread (session: CDPSession, page: Page, act: () => Promise<unknown>): Promise<MainThreadTask[]> {
  const events: TraceEvent[] = []
  const collect = ({ value }: { value: object[] }) => { events.push(...value as TraceEvent[]) }
  session.on('Tracing.dataCollected', collect)
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] } })
  await act()
  await page.evaluate(`performance.mark('${MARK}')`)
  const complete = new Promise(resolve => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await complete
  session.off('Tracing.dataCollected', collect)
  return tasksOfMarked(events)
}

/** The mark says which of all threads is the page's, and what the page's clock showed. */
function tasksOfMarked (events: TraceEvent[]): MainThreadTask[] {
  const mark = events.find(({ name }) => name === MARK)
  if (!mark) throw new Error('The trace lacks the mark of the page.')
  const startedAt = mark.ts - mark.args.data!.startTime! * 1_000
  return events
    .filter(({ name, pid, tid }) => name === 'RunTask' && pid === mark.pid && tid === mark.tid)
    .map(({ ts, tdur = 0 }) => ({ startMs: (ts - startedAt) / 1_000, processorMs: tdur / 1_000 }))
}

export function processorMsBetween (tasks: MainThreadTask[], fromMs: number, untilMs: number): number {
  return tasks.filter(({ startMs }) => startMs >= fromMs && startMs < untilMs).reduce((sum, { processorMs }) => sum + processorMs, 0)
}

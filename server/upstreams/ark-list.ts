import { classOfArk, readArkState, type ArkContext } from './ark-replies.ts'
import { EgressError, type Egress, type EgressReply, type EgressRequest } from './egress.ts'
import { readFailure } from './failures.ts'
import { inTheirTime, type ListWindow } from './list-window.ts'
import { askOnce, unreadable } from './polling.ts'
import { isObject, parseObject, readExternalId } from './replies.ts'
import type { ListedJob, PolledPage, PollResult } from './upstream.ts'

/** As many as a page may have. */
const PAGE_SIZE = 500
const MAX_PAGE_BYTES = 16 * 1024 * 1024
/** Ark keeps a week of tasks; a list of more than 10,000 is one that does not stop. */
const MAX_PAGES = 20
/** In milliseconds. Shorter than those of a single poll: when a list does not answer in time, there is still time for these. */
const LIST_TIMEOUTS = { headers: 8_000, idle: 8_000, total: 9_000 }

interface Listing {
  egress: Egress
  /** Everything of the request but its query. */
  call: EgressRequest
  context: ArkContext
}

interface Item { job: ListedJob, poll: PollResult | undefined }

/**
 * The tasks created in the window. They show no prompt, and as their model the one behind an endpoint that was asked for:
 * so a task that nobody knows may be any submission in doubt, and only an empty window proves that none was made.
 * Throws EgressError when not every page can be read.
 */
export async function listArkTasks ({ window, ...listing }: Listing & { window: ListWindow }): Promise<ListedJob[]> {
  const found = new Map<string, ListedJob>()
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { items, headers } = await readPage(listing, page)
    const { from, to } = inTheirTime(window, headers)
    const fresh = items.filter(({ job }) => !found.has(job.externalTaskId))
    for (const { job } of fresh) found.set(job.externalTaskId, job)
    if (items.length < PAGE_SIZE || reachesPast(items, from)) return within([...found.values()], from, to)
    if (fresh.length === 0) throw unlisted('the list shows the same page again')
  }
  throw unlisted('the list does not come to an end')
}

/** What the list says of the tasks asked for, which it can be narrowed to. One that it leaves out is not missing. */
export async function pollArkTasks ({ egress, call, context, asked }: Listing & { asked: readonly string[] }): Promise<PolledPage> {
  const query = new URLSearchParams({ page_num: '1', page_size: String(PAGE_SIZE) })
  for (const id of asked) query.append('filter.task_ids', id)
  const reply = await askOnce(egress, { ...call, maxBytes: MAX_PAGE_BYTES, timeouts: LIST_TIMEOUTS, url: `${call.url}?${query}` })
  if ('state' in reply) return reply
  const { status, headers, body } = reply
  const parsed = parseObject(body)
  if (status !== 200) return { state: 'unavailable', failure: readFailure(parsed ?? body.toString(), { apiKey: context.apiKey, classOf: classOfArk, status, headers }) }
  if (!Array.isArray(parsed?.items)) return unreadable(status)
  const items = parsed.items.flatMap(item => readItem(item, context) ?? [])
  const polls = items.flatMap(({ job, poll }) => poll && asked.includes(job.externalTaskId) ? [[job.externalTaskId, poll] as const] : [])
  return { state: 'listed', polls: new Map(polls) }
}

async function readPage ({ egress, call, context }: Listing, page: number): Promise<{ items: Item[], headers: EgressReply['headers'] }> {
  const reply = await egress.request({ ...call, maxBytes: MAX_PAGE_BYTES, url: `${call.url}?page_num=${page}&page_size=${PAGE_SIZE}` })
  const body = reply.status === 200 ? parseObject(reply.body) : undefined
  // The last page and what is behind it may have no items at all.
  const items = body?.items ?? (body && typeof body.total === 'number' ? [] : undefined)
  if (!Array.isArray(items)) throw unlisted(`the list answered HTTP ${reply.status} without a list`)
  return { items: items.map(item => readItem(item, context) ?? fail()), headers: reply.headers }
}

function readItem (item: unknown, context: ArkContext): Item | undefined {
  const externalTaskId = isObject(item) ? readExternalId(item.id) : undefined
  if (!isObject(item) || externalTaskId === undefined || typeof item.created_at !== 'number') return undefined
  const poll = readArkState(item, context)
  return { job: { externalTaskId, createdAt: new Date(item.created_at * 1000), seconds: Number(item.duration) || undefined, poll }, poll }
}

/** Whether the rest is older than anybody asked for. A list that is not sorted is read to the end. */
function reachesPast (items: Item[], from: Date): boolean {
  const times = items.map(({ job }) => job.createdAt.getTime())
  const newestFirst = times.every((time, index) => index === 0 || time <= times[index - 1]!)
  return newestFirst && times[0]! > times.at(-1)! && times.at(-1)! < from.getTime()
}

function within (jobs: ListedJob[], from: Date, to: Date): ListedJob[] {
  // Whole seconds are all the list gives.
  const since = Math.floor(from.getTime() / 1000) * 1000
  return jobs.filter(({ createdAt }) => createdAt.getTime() >= since && createdAt <= to).sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
}

function fail (): never {
  throw unlisted('the list holds something that is not a task')
}

function unlisted (message: string): EgressError {
  return new EgressError('protocol', message, { sent: true })
}

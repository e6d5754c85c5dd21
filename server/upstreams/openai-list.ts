import { EgressError, type Egress, type EgressReply, type EgressRequest } from './egress.ts'
import { inTheirTime, type ListWindow } from './list-window.ts'
import { readSeconds, readVideoId, readVideoState, type ReadContext } from './openai-videos.ts'
import { isObject, parseObject, readExternalId, type JsonObject } from './replies.ts'
import type { ListedJob } from './upstream.ts'

const PAGE_SIZE = 100
/** A hundred jobs with prompts of 32,000 characters of four bytes each. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024
/** Enough for 5,000 jobs; a list that goes on is one that does not stop. */
const MAX_PAGES = 50

export interface Listing {
  egress: Egress
  /** Everything of the request but its query. */
  call: EgressRequest
  context: ReadContext
  window: ListWindow
}

interface Page { jobs: ListedJob[], hasMore: boolean, headers: EgressReply['headers'] }

/**
 * The jobs created in the window, newest first. Throws EgressError when the whole window cannot be seen: a job
 * missed here would be taken for one that was never made, and be paid for twice.
 */
export async function listVideos ({ egress, call, context, window: asked }: Listing): Promise<ListedJob[]> {
  const found = new Map<string, ListedJob>()
  let after: string | undefined
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const { jobs, hasMore, headers } = await readPage(egress, pageCall(call, after), context)
    const window = inTheirTime(asked, headers)
    const fresh = jobs.filter(job => !found.has(job.externalTaskId))
    for (const job of fresh) found.set(job.externalTaskId, job)
    if (!hasMore || reachesPast(jobs, window.from)) return within([...found.values()], window)
    if (fresh.length === 0) throw unreadable('the list shows the same page again')
    after = jobs.at(-1)!.externalTaskId
  }
  throw unreadable('the list does not come to an end')
}

/** The request for the newest jobs, or for those older than `after`. */
export function pageCall (call: EgressRequest, after: string | undefined): EgressRequest {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), order: 'desc', ...(after !== undefined && { after }) })
  return { maxBytes: MAX_PAGE_BYTES, ...call, url: `${call.url}?${query}` }
}

async function readPage (egress: Egress, call: EgressRequest, context: ReadContext): Promise<Page> {
  const reply = await egress.request(call)
  const body = reply.status === 200 ? parseObject(reply.body) : undefined
  if (!Array.isArray(body?.data)) throw unreadable(`the list answered HTTP ${reply.status} without a list`)
  const jobs = body.data.map(item => readJob(item, context))
  return { jobs, hasMore: hasMore(body, jobs.length), headers: reply.headers }
}

/** Bare lists do not say so: a full page may have a next one. */
export function hasMore (body: JsonObject, length: number): boolean {
  return length > 0 && (body.has_more === true || (body.has_more === undefined && length >= PAGE_SIZE))
}

function readJob (item: unknown, context: ReadContext): ListedJob {
  const externalTaskId = isObject(item) ? readVideoId(item) : undefined
  const createdAt = isObject(item) ? readSeconds(item.created_at) : undefined
  if (!isObject(item) || !externalTaskId || !createdAt) throw unreadable('the list holds something that is not a job')
  return {
    externalTaskId,
    createdAt,
    model: typeof item.model === 'string' ? item.model : undefined,
    prompt: typeof item.prompt === 'string' ? item.prompt : undefined,
    size: typeof item.size === 'string' ? item.size : undefined,
    seconds: Number(item.seconds) || undefined,
    remixedFrom: readExternalId(item.remixed_from_video_id),
    poll: readVideoState(item, context)
  }
}

/** Whether the rest is older than anybody asked for. A server that ignores `order` is read to the end. */
function reachesPast (jobs: ListedJob[], from: Date): boolean {
  const newestFirst = jobs.every((job, index) => index === 0 || job.createdAt <= jobs[index - 1]!.createdAt)
  return newestFirst && jobs[0]!.createdAt > jobs.at(-1)!.createdAt && jobs.at(-1)!.createdAt < from
}

function within (jobs: ListedJob[], { from, to }: ListWindow): ListedJob[] {
  // Whole seconds are all the list gives.
  const since = Math.floor(from.getTime() / 1000) * 1000
  return jobs
    .filter(({ createdAt }) => createdAt.getTime() >= since && createdAt <= to)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
}

function unreadable (message: string): EgressError {
  return new EgressError('protocol', message, { sent: true })
}

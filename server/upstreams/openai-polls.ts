import type { Egress, EgressReply, EgressRequest } from './egress.ts'
import { readFailure } from './failures.ts'
import { hasMore, pageCall } from './openai-list.ts'
import { readVideoId, readVideoState, saysState, type ReadContext } from './openai-videos.ts'
import { askOnce, unreadable } from './polling.ts'
import { isObject, parseObject } from './replies.ts'
import type { PolledPage, PollResult } from './upstream.ts'

/** In milliseconds. Shorter than those of a single poll: when a list does not answer in time, there is still time for these. */
const LIST_TIMEOUTS = { headers: 8_000, idle: 8_000, total: 9_000 }

export interface PollMany {
  egress: Egress
  /** Everything of the request but its query. */
  call: EgressRequest
  context: ReadContext
  asked: ReadonlySet<string>
  after: string | undefined
}

/**
 * What one page of the list says of the jobs asked for. Other than where a list clears up a submission, an entry that
 * cannot be read spoils nothing: its job was not shown. Throws when the caller aborts.
 */
export async function pollVideos ({ egress, call, context, asked, after }: PollMany): Promise<PolledPage> {
  const reply = await askOnce(egress, { timeouts: LIST_TIMEOUTS, ...pageCall(call, after) })
  if ('state' in reply) return reply
  const { status, headers, body } = reply
  const parsed = parseObject(body)
  if (status !== 200) return { state: 'unavailable', failure: readFailure(parsed ?? body.toString(), { apiKey: context.apiKey, status, headers }) }
  if (!Array.isArray(parsed?.data)) return unreadable(status)

  const entries = parsed.data.flatMap(item => readEntry(item, context, headers))
  const next = hasMore(parsed, parsed.data.length) ? entries.at(-1)?.externalTaskId : undefined
  return { state: 'listed', polls: pollsOf(entries, asked), next }
}

interface Entry { externalTaskId: string, poll: PollResult | undefined }

function readEntry (item: unknown, context: ReadContext, headers: EgressReply['headers']): Entry[] {
  const externalTaskId = isObject(item) ? readVideoId(item) : undefined
  if (!isObject(item) || externalTaskId === undefined) return []
  return [{ externalTaskId, poll: saysState(item) ? readVideoState(item, context, headers) : undefined }]
}

/** A job that stands there twice was not shown: which of the two is true? */
function pollsOf (entries: Entry[], asked: ReadonlySet<string>): Map<string, PollResult> {
  const polls = new Map<string, PollResult>()
  for (const [id, [entry, ...more]] of Map.groupBy(entries, ({ externalTaskId }) => externalTaskId)) {
    if (asked.has(id) && more.length === 0 && entry?.poll) polls.set(id, entry.poll)
  }
  return polls
}

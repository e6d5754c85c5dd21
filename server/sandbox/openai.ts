import type { IncomingMessage } from 'node:http'
import type { Behaviour } from './behaviour.ts'
import type { Job } from './job.ts'
import { distort, jobError, reportedProgress, statusWord, type JobView } from './job-view.ts'
import { completedAt } from './progress.ts'
import { meaningOfFields, type Protocol } from './protocol.ts'
import { Refusal, jsonReply, type Reply } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import type { ListQuery } from './store.ts'
import { fileReply, fileUrl, hasVideo } from './video-files.ts'

const WORDS = { queued: 'queued', running: 'in_progress', completed: 'completed', failed: 'failed', cancelled: 'cancelled' }
const ASSET_LIFE_SECONDS = 3600
const DEFAULT_LIMIT = 20

/** OpenAI's Videos API, under /v1, and how other servers deviate from it. */
export const openai: Protocol = {
  keyOf: authorization => /^Bearer (.+)$/.exec(authorization)?.[1],
  errorShape: 'openai',
  account: { object: 'list', data: [] },
  understand: meaningOfFields,
  check: checkOpenaiSubmission,
  receipt: openaiVideo,
  poll: view => jsonReply(200, openaiVideo(view))
}

/** What the Videos API asks of a submission. Throws Refusal. */
function checkOpenaiSubmission ({ fields }: RequestBody): void {
  const length = fields.prompt?.length ?? 0
  if (length < 1 || length > 32_000) throw new Refusal(400, 'invalid_prompt', 'prompt must have 1 to 32000 characters')
}

export function openaiVideo (view: JobView): Record<string, unknown> {
  const { job, state } = view
  const completed = state.phase === 'completed' ? seconds(completedAt(job)) : null
  const body = {
    id: job.id,
    object: 'video',
    model: job.model,
    status: statusWord(view, WORDS),
    progress: reportedProgress(view),
    created_at: seconds(job.created_at),
    completed_at: completed,
    expires_at: completed && completed + ASSET_LIFE_SECONDS,
    prompt: job.prompt,
    size: job.request.size,
    seconds: job.request.seconds,
    remixed_from_video_id: job.source_id,
    error: jobError(view),
    ...(job.behaviour.contentMode === 'metadata' && hasVideo(job) && { metadata: { url: fileUrl(view.origin, job, 'video') } })
  }
  return distort(body, view)
}

/** Throws Refusal for a limit outside 0–100 or an unknown order. */
export function parseListQuery (search: URLSearchParams): ListQuery {
  const limit = Number(search.get('limit') ?? DEFAULT_LIMIT)
  const order = search.get('order') ?? 'desc'
  if (!Number.isInteger(limit) || limit < 0 || limit > 100) throw new Refusal(400, 'invalid_limit', 'limit must be an integer from 0 to 100')
  if (order !== 'asc' && order !== 'desc') throw new Refusal(400, 'invalid_order', 'order must be asc or desc')
  return { limit, order, after: search.get('after') ?? undefined }
}

export function openaiList (views: JobView[], hasMore: boolean, { listShape }: Behaviour): Record<string, unknown> {
  const data = views.map(openaiVideo)
  if (listShape === 'bare') return { data, object: 'list' }
  return { object: 'list', data, first_id: views[0]?.job.id ?? null, last_id: views.at(-1)?.job.id ?? null, has_more: hasMore }
}

/** Throws Refusal (404) while there is nothing to send. */
export function openaiContent (view: JobView, search: URLSearchParams, headers: IncomingMessage['headers']): Reply {
  const { job, origin } = view
  const variant = search.get('variant') ?? 'video'
  if (variant !== 'video' && variant !== 'thumbnail') throw new Refusal(404, 'variant_unavailable', `There is no ${variant} of this video.`)
  if (!hasVideo(job)) throw new Refusal(404, 'video_not_ready', 'The video is not ready.')
  switch (job.behaviour.contentMode) {
    case 'redirect': return { status: 302, headers: { location: fileUrl(origin, job, variant) }, body: '' }
    case 'json': return jsonReply(200, { url: fileUrl(origin, job, variant) })
    case 'metadata': throw new Refusal(404, 'not_found', 'This server has no content endpoint.')
    default: return fileReply(job, variant, headers)
  }
}

export function openaiDeletion (job: Job): Record<string, unknown> {
  return { id: job.id, object: 'video.deleted', deleted: true }
}

function seconds (date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

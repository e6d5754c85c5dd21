import { distort, jobError, statusWord, type JobView } from './job-view.ts'
import { isOver } from './progress.ts'
import { sourceOf, type Meaning, type Protocol } from './protocol.ts'
import { errorReply, jsonReply, Refusal } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import { fileUrl, hasVideo } from './video-files.ts'

const WORDS = { queued: 'queued', running: 'running', completed: 'succeeded', failed: 'failed', cancelled: 'cancelled' }
/** What the sandbox's own codes are called here. */
const CODES: Readonly<Record<string, string>> = { moderation_blocked: 'OutputVideoSensitiveContentDetected', generation_failed: 'InternalServiceError' }
const ROLES = new Set(['first_frame', 'last_frame', 'reference_image', 'reference_video'])

/** Seedance on Ark, under /ark/api/v3: everything in `content`, and a DELETE that cancels only what waits and removes what is over. */
export const ark: Protocol = {
  keyOf: authorization => /^Bearer (.+)$/.exec(authorization)?.[1],
  errorShape: 'openai',
  understand ({ fields }: RequestBody): Meaning {
    const items = itemsOf(fields)
    return {
      prompt: items.find(({ type }) => type === 'text')?.text ?? '',
      model: fields.model,
      size: fields.ratio === '9:16' ? '720x1280' : '1280x720',
      seconds: fields.duration,
      sourceId: sourceOf(items.find(({ type }) => type === 'video_url')?.['video_url][url'])
    }
  },
  check ({ encoding, fields }, { prompt, model }) {
    if (encoding !== 'json') throw new Refusal(400, 'InvalidParameter', 'The request body is not JSON.')
    if (prompt === '' || !model) throw new Refusal(400, 'MissingParameter', 'model and content are required.')
    const wrong = itemsOf(fields).find(({ type, role }) => type !== 'text' && !ROLES.has(role ?? ''))
    if (wrong) throw new Refusal(400, 'InvalidParameter', `content.role ${wrong.role} is not valid.`)
  },
  receipt: view => distort({ id: view.job.id }, view),
  poll: view => jsonReply(200, arkTask(view)),
  async cancel (store, job, phase) {
    if (phase === 'running') return errorReply(409, { code: 'InvalidAction.RunningTaskDeletion', message: 'The task is running and cannot be deleted.' })
    await (isOver(phase) ? store.remove(job.id) : store.cancel(job.id, new Date()))
    return jsonReply(200, {})
  }
}

export function arkTask (view: JobView): Record<string, unknown> {
  const { job, state, origin } = view
  const error = jobError(view) as { message: string, code: string } | null
  const createdAt = Math.floor(job.created_at.getTime() / 1000)
  const video = hasVideo(job) && { video_url: fileUrl(origin, job, 'video'), last_frame_url: fileUrl(origin, job, 'thumbnail') }
  return distort({
    id: job.id,
    model: job.model,
    status: statusWord(view, WORDS),
    error: error && { message: error.message, code: Object.hasOwn(CODES, error.code) ? CODES[error.code] : error.code },
    created_at: createdAt,
    updated_at: createdAt,
    ...(state.phase === 'completed' && { content: video || {}, usage: { completion_tokens: 108_900, total_tokens: 108_900 } }),
    duration: Number(job.request.seconds)
  }, view)
}

/** Pages are numbered, and can be narrowed to some ids; a task has neither prompt nor source here. */
export function arkList (views: JobView[], search: URLSearchParams): Record<string, unknown> {
  const ids = new Set(search.getAll('filter.task_ids'))
  const size = Number(search.get('page_size') ?? 10)
  const number = Number(search.get('page_num') ?? 1)
  if (!(size >= 1 && size <= 500 && number >= 1 && number <= 500)) throw new Refusal(400, 'InvalidParameter', 'page_num and page_size must be from 1 to 500.')
  const found = views.filter(({ job }) => ids.size === 0 || ids.has(job.id))
  return { total: found.length, items: found.slice((number - 1) * size, number * size).map(arkTask) }
}

/** `content[0][image_url][url]` and the like, by item. */
function itemsOf (fields: RequestBody['fields']): Array<Record<string, string>> {
  const items: Array<Record<string, string>> = []
  for (const [name, value] of Object.entries(fields)) {
    const [, index, key] = /^content\[(\d+)\]\[(.+)\]$/.exec(name) ?? []
    if (index !== undefined) (items[Number(index)] ??= {})[key!] = value
  }
  return items.filter(Boolean)
}

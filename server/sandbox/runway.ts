import { distort, jobError, reportedProgress, statusWord, type JobView } from './job-view.ts'
import { isOver } from './progress.ts'
import { sourceOf, type Meaning, type Protocol } from './protocol.ts'
import { jsonReply, Refusal } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import { fileUrl, hasVideo } from './video-files.ts'

const WORDS = { queued: 'PENDING', running: 'RUNNING', completed: 'SUCCEEDED', failed: 'FAILED', cancelled: 'CANCELLED' }
/** What the sandbox's own codes are called here. */
const CODES: Readonly<Record<string, string>> = { moderation_blocked: 'SAFETY.OUTPUT.VIDEO', generation_failed: 'INTERNAL.BAD_OUTPUT.CODE01' }
const MAX_DATA_URI = 5 * 1024 * 1024

/** Runway's API, under /runway: a version in every request, progress from 0 to 1, and a DELETE that cancels or deletes. */
export const runway: Protocol = {
  keyOf: authorization => /^Bearer (.+)$/.exec(authorization)?.[1],
  requiredHeader: 'x-runway-version',
  errorShape: 'string',
  account: { creditBalance: 1_000 },
  understand ({ fields }: RequestBody): Meaning {
    return { prompt: fields.promptText ?? '', model: fields.model, size: fields.ratio?.replace(':', 'x'), seconds: fields.duration, sourceId: sourceOf(fields.videoUri ?? fields.promptVideo) }
  },
  check ({ encoding, fields }, { prompt, model }, kind) {
    if (encoding !== 'json') throw new Refusal(400, 'invalid', 'Send JSON')
    if (prompt === '' || !model) throw new Refusal(400, 'invalid', 'Validation of body failed: promptText and model are required')
    if (fields.ratio !== undefined && !/^(\d+:\d+|auto_\d+p)$/.test(fields.ratio)) throw new Refusal(400, 'invalid', 'Validation of body failed: ratio')
    if (model === 'gen4.5' && (!fields.ratio || !fields.duration)) throw new Refusal(400, 'invalid', 'Validation of body failed: ratio and duration are required')
    if (kind === 'create' && Object.values(fields).some(value => value.startsWith('data:') && value.length > MAX_DATA_URI)) throw new Refusal(400, 'invalid', 'Validation of body failed: data URI too large')
  },
  receipt: view => distort({ id: view.job.id, estimatedCost: { credits: 25 } }, view),
  poll: view => jsonReply(200, distort({ id: view.job.id, createdAt: view.job.created_at.toISOString(), status: statusWord(view, WORDS), ...ending(view) }, view)),
  async cancel (store, job, phase) {
    await (isOver(phase) ? store.remove(job.id) : store.cancel(job.id, new Date()))
    return { status: 204, headers: {}, body: '' }
  }
}

function ending (view: JobView): Record<string, unknown> {
  const { job, state, origin } = view
  const error = jobError(view) as { message: string, code: string } | null
  if (error) return { failure: error.message, failureCode: Object.hasOwn(CODES, error.code) ? CODES[error.code] : error.code }
  if (state.phase === 'completed') return { output: hasVideo(job) ? [fileUrl(origin, job, 'video')] : [] }
  const progress = reportedProgress(view)
  return state.phase === 'running' ? { progress: typeof progress === 'number' ? progress / 100 : progress } : {}
}

import type { Job, SubmissionKind } from './job.ts'
import { distort, jobError, reportedProgress, statusWord, type JobView } from './job-view.ts'
import { meaningOfFields, type Protocol } from './protocol.ts'
import { jsonReply, Refusal } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import { fileUrl, hasVideo } from './video-files.ts'

const WORDS = { queued: 'queued', running: 'in_progress', completed: 'completed', failed: 'failed', cancelled: 'cancelled' }

/** The relay of the owner's report, under /sora/v1: the raw key, forms, and no list. */
export const soraRelay: Protocol = {
  keyOf: authorization => /^Bearer /.test(authorization) ? undefined : authorization,
  errorShape: 'openai',
  understand: meaningOfFields,
  check: checkSoraSubmission,
  receipt: soraReceipt,
  poll: view => jsonReply(200, soraVideo(view))
}

/** What the relay asks of a submission. Throws Refusal. */
function checkSoraSubmission ({ encoding, fields, files }: RequestBody, _meaning: unknown, kind: SubmissionKind): void {
  if (kind !== 'remix' && encoding !== 'multipart') throw new Refusal(415, 'unsupported_media_type', 'Send multipart/form-data.')
  if (!fields.prompt) throw new Refusal(400, 'invalid_request', 'prompt is required')
  if (!fields.model) throw new Refusal(400, 'invalid_request', 'model is required')
  const stranger = files.find(file => file.field !== 'input_reference')
  if (stranger) throw new Refusal(400, 'invalid_request', `unexpected file field ${stranger.field}`)
}

/** Seen at the real one: a job whose file name is not ASCII is accepted and fails a few polls later. */
export function hasBadFileName ({ files }: RequestBody): boolean {
  return files.some(file => /[^\x20-\x7e]/.test(file.name))
}

function soraReceipt (view: JobView): Record<string, unknown> {
  return distort({ id: view.job.id, status: statusWord(view, WORDS) }, view)
}

function soraVideo (view: JobView): Record<string, unknown> {
  const { job } = view
  const error = jobError(view)
  const body = {
    id: job.id,
    status: statusWord(view, WORDS),
    progress: reportedProgress(view),
    ...(hasVideo(job) && files(view.origin, job)),
    ...(error !== null && { error, error_code: job.behaviour.error?.code ?? 'generation_failed' })
  }
  return distort(body, view)
}

function files (origin: string, job: Job) {
  return { video_url: fileUrl(origin, job, 'video'), image_url: fileUrl(origin, job, 'thumbnail') }
}

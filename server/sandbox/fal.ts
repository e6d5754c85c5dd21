import { distort, jobError, statusWord, type JobView } from './job-view.ts'
import { isOver } from './progress.ts'
import { jsonReply, Refusal, type Reply } from './replies.ts'
import { sourceOf, type Meaning, type Protocol } from './protocol.ts'
import type { RequestBody } from './request-body.ts'
import type { ProviderRoute } from './routes.ts'
import { fileUrl, hasVideo } from './video-files.ts'

const WORDS = { queued: 'IN_QUEUE', running: 'IN_PROGRESS', completed: 'COMPLETED', failed: 'COMPLETED', cancelled: 'COMPLETED' }
/** What the sandbox's own codes are called here. */
const TYPES: Readonly<Record<string, string>> = { moderation_blocked: 'content_policy_violation', generation_failed: 'no_media_generated' }

/** The queue of fal.ai, under /fal: addresses for each request, and a status that does not tell success from failure. */
export const fal: Protocol = {
  keyOf: authorization => /^Key (.+)$/.exec(authorization)?.[1],
  errorShape: 'fastapi',
  understand ({ fields }: RequestBody, route: ProviderRoute): Meaning {
    return {
      prompt: fields.prompt ?? '',
      model: 'model' in route ? route.model : undefined,
      size: fields.aspect_ratio === '9:16' ? '720x1280' : '1280x720',
      seconds: fields.duration?.replace(/s$/, ''),
      sourceId: sourceOf(fields.video_url)
    }
  },
  check ({ encoding, fields }, { prompt }) {
    if (encoding !== 'json') throw new Refusal(422, 'invalid_json', 'The body is not JSON.')
    if (prompt === '') throw new Refusal(422, 'missing', 'Field required: prompt')
    if ('image' in fields) throw new Refusal(422, 'extra_forbidden', 'Extra inputs are not permitted: image')
  },
  receipt: view => distort({ ...addresses(view), status: 'IN_QUEUE', queue_position: 0 }, view),
  /** 202 for as long as it runs. */
  poll (view) {
    const waiting = view.state.phase === 'queued'
    const body = { ...addresses(view), status: statusWord(view, WORDS), ...(waiting ? { queue_position: 1 } : { logs: null }) }
    return jsonReply(isOver(view.state.phase) ? 200 : 202, distort(body, view))
  },
  result (view) {
    const { job, state, origin } = view
    if (!isOver(state.phase)) return jsonReply(400, { detail: 'Request is still in progress' })
    if (state.phase === 'cancelled') return jsonReply(499, { detail: 'The request was cancelled', error_type: 'client_cancelled' })
    const error = jobError(view)
    if (error !== null) return failure(error as { message: string, code: string })
    return jsonReply(200, { ...(hasVideo(job) && { video: { url: fileUrl(origin, job, 'video'), content_type: 'video/mp4', file_name: 'output.mp4' } }), seed: 1 })
  },
  async cancel (store, job, phase) {
    if (isOver(phase)) return jsonReply(400, { status: 'ALREADY_COMPLETED' })
    await store.cancel(job.id, new Date(Date.now() + (job.behaviour.cancelAfterMs ?? 0)))
    return jsonReply(202, { status: 'CANCELLATION_REQUESTED' })
  }
}

function failure ({ message, code }: { message: string, code: string }): Reply {
  if (code.startsWith('runner_')) return jsonReply(503, { detail: message, error_type: code })
  const type = Object.hasOwn(TYPES, code) ? TYPES[code] : code
  return jsonReply(422, { detail: [{ loc: ['body', 'prompt'], msg: message, type, url: `https://docs.fal.ai/errors#${type}` }] })
}

/** Sub-paths of the model are left out, so nobody can make these from what was asked. */
function addresses ({ job, origin }: JobView) {
  const request = `${origin}/fal/${job.model.split('/').slice(0, 2).join('/')}/requests/${job.id}`
  return { request_id: job.id, response_url: request, status_url: `${request}/status`, cancel_url: `${request}/cancel` }
}

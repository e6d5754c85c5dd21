import { resultOf } from './accounts.ts'
import type { EgressReply } from './egress.ts'
import { readFailure } from './failures.ts'
import { unreadable } from './polling.ts'
import { isObject, parseObject, readExternalId, readUrl, type JsonObject } from './replies.ts'
import type { Accepted } from './submission.ts'
import type { FailureClass, PollResult, UpstreamFailure } from './upstream.ts'

/** What is kept of a request: its addresses cannot be told from its id, because sub-paths of the model are left out of them. */
export interface FalHandle {
  statusUrl: string
  responseUrl: string
  cancelUrl: string
}

/** Types of a model's `detail` and `error_type` of fal itself. */
const CLASSES: Readonly<Record<string, FailureClass>> = {
  content_policy_violation: 'moderation',
  bad_request: 'invalid_input',
  generation_timeout: 'unavailable',
  downstream_service_error: 'unavailable',
  downstream_service_unavailable: 'unavailable',
  internal_server_error: 'unavailable',
  internal_error: 'unavailable',
  request_timeout: 'unavailable',
  startup_timeout: 'unavailable'
}

export function classOfFal (code: string, message: string): FailureClass | undefined {
  if (Object.hasOwn(CLASSES, code)) return CLASSES[code]
  if (code.startsWith('runner_')) return 'unavailable'
  return /exhausted balance|user is locked/i.test(message) ? 'quota' : undefined
}

export function readFalJob (body: JsonObject, baseUrl: string, endpoint: string): Accepted | undefined {
  const externalTaskId = readExternalId(body.request_id)
  if (externalTaskId === undefined) return undefined
  // Where it gives no addresses, these are the ones it documents.
  const request = `${baseUrl}/${endpoint.split('/').slice(0, 2).join('/')}/requests/${encodeURIComponent(externalTaskId)}`
  const handle: FalHandle = {
    statusUrl: ownUrl(body.status_url, baseUrl) ?? `${request}/status`,
    responseUrl: ownUrl(body.response_url, baseUrl) ?? request,
    cancelUrl: ownUrl(body.cancel_url, baseUrl) ?? `${request}/cancel`
  }
  return { externalTaskId, handle }
}

/** The kept addresses, on the channel's present origin. */
export function requestUrls (handle: unknown, baseUrl: string): FalHandle | undefined {
  if (!isObject(handle)) return undefined
  const statusUrl = ownUrl(handle.statusUrl, baseUrl)
  const responseUrl = ownUrl(handle.responseUrl, baseUrl)
  const cancelUrl = ownUrl(handle.cancelUrl, baseUrl)
  return statusUrl && responseUrl && cancelUrl ? { statusUrl, responseUrl, cancelUrl } : undefined
}

/** The key goes to the channel's own origin, whatever a reply says. Another origin is one behind a proxy: the path is the same there. */
function ownUrl (value: unknown, baseUrl: string): string | undefined {
  const url = URL.parse(readUrl(value, baseUrl) ?? '')
  if (!url) return undefined
  return url.origin === new URL(baseUrl).origin ? url.href : baseUrl + url.pathname + url.search
}

/** `completed` means no more than that there is a response to ask for. */
export function readFalStatus (body: JsonObject, externalTaskId: string): PollResult | undefined {
  if (typeof body.request_id === 'string' && body.request_id !== externalTaskId) return undefined
  switch (body.status) {
    case 'COMPLETED': return { state: 'completed', result: {} }
    case 'IN_QUEUE': return { state: 'running', stage: 'waiting', queuePosition: readPosition(body.queue_position) }
    default: return typeof body.status === 'string' && body.status !== '' ? { state: 'running', stage: 'generating' } : undefined
  }
}

/** The model's output, or how the request failed: COMPLETED does not tell these apart. */
export function readFalResult (reply: EgressReply, { baseUrl, apiKey }: { baseUrl: string, apiKey: string }): PollResult {
  const { status, headers, body } = reply
  const parsed = parseObject(body)
  if (status >= 200 && status < 300) return parsed ? { state: 'completed', result: resultOf(videoUrl(parsed, baseUrl), undefined) } : unreadable(status)

  const errorType = typeof parsed?.error_type === 'string' ? parsed.error_type : headers['x-fal-error-type']
  if (errorType === 'client_cancelled') return { state: 'cancelled' }
  const failure = readFailure(typeof errorType === 'string' ? { ...parsed, code: errorType } : parsed ?? body.toString(), { apiKey, classOf: classOfFal, status, headers })
  return outcomeOf(failure, status, typeof errorType === 'string' || Array.isArray(parsed?.detail))
}

/** An answer about the key, the rate or the server says nothing about the request, unless it speaks as a model or as the queue does. */
function outcomeOf (failure: UpstreamFailure, status: number, isVerdict: boolean): PollResult {
  const aboutTheCall = status === 401 || status === 403 || status === 429
  if (!aboutTheCall && (isVerdict || status === 400 || status === 422)) return { state: 'failed', failure }
  if (status === 404 || status === 410) return { state: 'missing', failure: { ...failure, class: 'lost' } }
  return { state: 'unavailable', failure }
}

function videoUrl ({ video, videos, url }: JsonObject, baseUrl: string): string | undefined {
  const first = isObject(video) ? video.url : video ?? (Array.isArray(videos) && isObject(videos[0]) ? videos[0].url : url)
  return readUrl(first, baseUrl)
}

function readPosition (value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

import { resultOf } from './accounts.ts'
import type { EgressReply } from './egress.ts'
import { clampDelay, readFailure } from './failures.ts'
import { hasError, isObject, readExternalId, readProgress, readUrl, readWord, type JsonObject } from './replies.ts'
import type { Accepted } from './submission.ts'
import type { PollResult, UpstreamFailure } from './upstream.ts'

type State = 'waiting' | 'generating' | 'completed' | 'failed' | 'cancelled'

/** OpenAI's four words and what other servers say for them. A word nobody knows means that it still runs. */
const STATES: Readonly<Record<string, State>> = {
  queued: 'waiting',
  pending: 'waiting',
  submitted: 'waiting',
  created: 'waiting',
  preprocessing: 'waiting',
  not_start: 'waiting',
  in_progress: 'generating',
  processing: 'generating',
  running: 'generating',
  completed: 'completed',
  complete: 'completed',
  succeeded: 'completed',
  succeed: 'completed',
  success: 'completed',
  finished: 'completed',
  done: 'completed',
  failed: 'failed',
  failure: 'failed',
  error: 'failed',
  expired: 'failed',
  rejected: 'failed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  // SGLang says so of a job that was deleted.
  deleted: 'cancelled'
}

export interface ReadContext { baseUrl: string, apiKey: string }

export function readVideoId (body: JsonObject): string | undefined {
  return readExternalId(body.id) ?? readExternalId(body.task_id)
}

export function readAcceptedVideo (body: JsonObject, { headers }: EgressReply): Accepted | undefined {
  const externalTaskId = readVideoId(body)
  return externalTaskId === undefined ? undefined : { externalTaskId, progress: readProgress(body.progress), pollAfterMs: pollAfterMs(headers) }
}

/** What a Video object says; undefined when it is not one. */
export function readVideoState (body: JsonObject, { baseUrl, apiKey }: ReadContext, headers: EgressReply['headers'] = {}): PollResult | undefined {
  const status = readWord(body.status)
  if (status === '' && readVideoId(body) === undefined) return undefined
  const state = Object.hasOwn(STATES, status) ? STATES[status]! : undefined

  // Some show a moderated job as completed, with the reason in `error`.
  if (state === 'failed' || (hasError(body.error) && !isActive(state))) return { state: 'failed', failure: readJobFailure(body, status, apiKey) }
  if (state === 'cancelled') return { state: 'cancelled' }
  if (state === 'completed') return { state: 'completed', result: readResult(body, baseUrl) }
  return {
    state: 'running',
    stage: state === 'waiting' ? 'waiting' : 'generating',
    progress: readProgress(body.progress),
    queuePosition: readPosition(body.queue_position),
    pollAfterMs: pollAfterMs(headers)
  }
}

/** Whether the object says how its job is, in a word that is known. */
export function saysState (body: JsonObject): boolean {
  return Object.hasOwn(STATES, readWord(body.status))
}

function readJobFailure (body: JsonObject, status: string, apiKey: string): UpstreamFailure {
  if (status === 'expired' && !hasError(body.error)) return { class: 'unknown', code: 'expired', message: 'the job expired at the upstream' }
  return readFailure(body, { apiKey })
}

function readPosition (value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function isActive (state: State | undefined): boolean {
  return state === 'waiting' || state === 'generating'
}

/** A dialect without a content endpoint gives a URL, in one of these places. */
function readResult (body: JsonObject, baseUrl: string) {
  const nested = [body.metadata, body.video, body.output, body.outputs, body.result].filter(isObject)
  const unsigned = Array.isArray(body.unsigned_urls) ? body.unsigned_urls[0] : undefined
  const candidates = [body.url, body.video_url, unsigned, ...nested.flatMap(part => [part.url, part.video_url])]
  const thumbnails = [body.thumbnail_url, ...nested.map(part => part.thumbnail_url)]
  return resultOf(firstUrl(candidates, baseUrl), firstUrl(thumbnails, baseUrl), readSeconds(body.expires_at)?.toISOString())
}

function firstUrl (candidates: unknown[], baseUrl: string): string | undefined {
  for (const candidate of candidates) {
    const url = readUrl(candidate, baseUrl)
    if (url !== undefined) return url
  }
}

/** Unix seconds; some servers send milliseconds or ISO 8601. */
export function readSeconds (value: unknown): Date | undefined {
  const date = typeof value === 'number'
    ? new Date(value > 1e11 ? value : value * 1000)
    : new Date(typeof value === 'string' && value !== '' ? value : NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function pollAfterMs (headers: EgressReply['headers']): number | undefined {
  return clampDelay(Number(headers['openai-poll-after-ms'] ?? NaN))
}

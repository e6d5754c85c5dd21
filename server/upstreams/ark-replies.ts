import { resultOf } from './accounts.ts'
import { readFailure } from './failures.ts'
import { hasError, isObject, readUrl, readWord, type JsonObject } from './replies.ts'
import type { FailureClass, PollResult } from './upstream.ts'

export interface ArkContext { baseUrl: string, apiKey: string }

/** A word nobody knows means that it still runs. */
export function readArkState (body: JsonObject, { baseUrl, apiKey }: ArkContext): PollResult | undefined {
  switch (readWord(body.status)) {
    case '': return undefined
    case 'queued': return { state: 'running', stage: 'waiting' }
    case 'succeeded': return { state: 'completed', result: readContent(body.content, baseUrl) }
    case 'failed': return { state: 'failed', failure: readFailure(body, { apiKey, classOf: classOfArk }) }
    case 'expired': return { state: 'failed', failure: hasError(body.error) ? readFailure(body, { apiKey, classOf: classOfArk }) : { class: 'unknown', code: 'expired', message: 'the job expired at the upstream' } }
    case 'cancelled': return { state: 'cancelled' }
    default: return { state: 'running', stage: 'generating' }
  }
}

function readContent (content: unknown, baseUrl: string) {
  if (!isObject(content)) return {}
  return resultOf(readUrl(content.video_url, baseUrl), readUrl(content.last_frame_url, baseUrl))
}

/** Ark's codes are words with their cause in them: `OutputVideoSensitiveContentDetected.PolicyViolation`. */
const CLASSES: ReadonlyArray<[RegExp, FailureClass]> = [
  [/SensitiveContent|RiskDetection|PolicyViolation/, 'moderation'],
  [/Overdue|QuotaExceeded|InsufficientBalance|SetLimitExceeded/, 'quota'],
  [/RateLimit|RPMExceeded|TPMExceeded|BurstTooFast|ServerOverloaded|TooManyRequests/i, 'rate_limit'],
  [/^(Authentication|AccessDenied|InvalidApiKey|Unauthorized|OperationDenied)|ModelNotOpen/i, 'auth'],
  [/^(InvalidParameter|MissingParameter|InvalidEndpoint|InvalidImageURL|UnsupportedImageFormat)/i, 'invalid_input'],
  [/^Internal(ServiceError|ServerError)?/, 'unavailable']
]

export function classOfArk (code: string): FailureClass | undefined {
  return CLASSES.find(([pattern]) => pattern.test(code))?.[1]
}

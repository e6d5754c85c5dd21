import { EgressError, type Egress, type EgressReply, type EgressRequest } from './egress.ts'
import { failureOfEgress, readFailure, type ClassOf } from './failures.ts'
import { hasError, isObject, parseObject, type JsonObject } from './replies.ts'
import type { Capabilities, FailureClass, SubmissionOutcome, UpstreamFailure } from './upstream.ts'

export type Accepted = Omit<Extract<SubmissionOutcome, { outcome: 'accepted' }>, 'outcome'>

/** Reads the id from a 2xx reply; undefined when there is none. */
export type ReadAccepted = (body: JsonObject, reply: EgressReply) => Accepted | undefined

export interface Submission {
  egress: Egress
  call: Omit<EgressRequest, 'fresh' | 'redirects' | 'sendBy'>
  /** As SubmissionRequest says. */
  sendBy: number | undefined
  apiKey: string
  classOf?: ClassOf
  readAccepted: ReadAccepted
}

/**
 * Statuses by which a server says that it did not take the request. Anything else that is not 2xx may come from a
 * proxy whose back end did: 408, 425, 499 and all of 5xx are doubt.
 */
const REFUSALS = new Set([400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 429, 431, 451])
/** Not followed with a POST. 303 is not among them: it is how a server shows what it has just made. */
const MOVED = new Set([301, 302, 307, 308])
/** Flat `{ code, message }` bodies say success like this. */
const SUCCESS_CODES = new Set(['0', '200', '201', '202', 'ok', 'success'])

/**
 * Sends one paid submission, once, on a connection of its own, and says what is known of its fate (DESIGN §4.1).
 * Throws on a bug only: an abort by the caller is an outcome too, because bytes may have left.
 */
export async function submit ({ egress, call, sendBy, ...reading }: Submission): Promise<SubmissionOutcome> {
  let reply: EgressReply
  try {
    reply = await egress.request({ ...call, fresh: true, sendBy })
  } catch (error) {
    if (!(error instanceof EgressError)) throw error
    return { outcome: error.sent ? 'unknown' : 'unsent', failure: failureOfEgress(error) }
  }
  return outcomeOf(reply, reading)
}

/** A refusal of our own, before anything is sent. */
export function refuse (failureClass: FailureClass, message: string): SubmissionOutcome {
  return { outcome: 'refused', failure: { class: failureClass, message } }
}

/** The same for a model that the channel does not offer. */
export function refuseModel ({ models }: Capabilities): SubmissionOutcome {
  return refuse('invalid_input', `the model is not known; known are ${Object.keys(models).join(', ')}`)
}

type Reading = Omit<Submission, 'egress' | 'call' | 'sendBy'>

function outcomeOf (reply: EgressReply, reading: Reading): SubmissionOutcome {
  const { status, headers, body } = reply
  if (status >= 200 && status < 300) return outcomeOfSuccess(reply, reading)
  if (MOVED.has(status)) return { outcome: 'refused', failure: { class: 'unavailable', message: 'the upstream redirects elsewhere: the base URL of the channel is not right', httpStatus: status } }

  const failure = readFailure(parseObject(body) ?? body.toString(), { ...reading, status, headers })
  return { outcome: REFUSALS.has(status) && !isRepeat(failure) ? 'refused' : 'unknown', failure }
}

/** An error with HTTP 200 and no id is a refusal; neither id nor error is doubt. */
function outcomeOfSuccess (reply: EgressReply, reading: Reading): SubmissionOutcome {
  const body = parseObject(reply.body)
  if (!body) return unreadable(reply.status, 'the upstream took the request but its reply cannot be read')
  const accepted = reading.readAccepted(body, reply)
  if (accepted) return { outcome: 'accepted', ...accepted }
  if (!saysError(body)) return unreadable(reply.status, 'the upstream took the request but gave no id')
  const failure = readFailure(body, { ...reading, headers: reply.headers })
  return { outcome: 'refused', failure: { ...failure, class: failure.class === 'unknown' ? 'invalid_input' : failure.class, httpStatus: reply.status } }
}

function unreadable (httpStatus: number, message: string): SubmissionOutcome {
  return { outcome: 'unknown', failure: { class: 'unreadable', message, httpStatus } }
}

function saysError (body: JsonObject): boolean {
  if (hasError(body.error) || hasError(body.detail)) return true
  const code = body.code ?? body.error_code
  const failed = body.success === false || (code !== undefined && code !== null && code !== '' && !isObject(code) && !SUCCESS_CODES.has(String(code).toLowerCase()))
  return failed && (typeof body.message === 'string' || typeof body.msg === 'string')
}

/** A server that knows idempotency keys refuses the second use of one: then the first may have gone through. */
function isRepeat ({ httpStatus, message, code }: UpstreamFailure): boolean {
  return httpStatus === 409 && /idempoten|duplicate|already (exists|submitted|in progress)/i.test(`${code} ${message}`)
}

import { EgressError, type Egress, type EgressReply, type EgressRequest } from './egress.ts'
import { failureOfEgress, readFailure, type ClassOf } from './failures.ts'
import { parseObject, type JsonObject } from './replies.ts'
import type { PollResult, Unavailable } from './upstream.ts'

/** Reads the state from a 2xx reply; undefined when it holds none. */
export type ReadState = (body: JsonObject, reply: EgressReply) => PollResult | undefined

export interface Poll {
  egress: Egress
  call: EgressRequest
  apiKey: string
  classOf?: ClassOf
  readState: ReadState
}

/** In milliseconds. Well below the lease of a poll (POLL_LEASE_MS), slot and commit included. */
const POLL_TIMEOUTS = { headers: 15_000, idle: 15_000, total: 20_000 }

const MISSING = new Set([404, 410])

/** Asks once. Whatever says nothing about the job is `unavailable`. Throws when the caller aborts. */
export async function askForState ({ egress, call, ...reading }: Poll): Promise<PollResult> {
  const reply = await askOnce(egress, { timeouts: POLL_TIMEOUTS, ...call })
  return 'state' in reply ? reply : stateOf(reply, reading)
}

/** The reply as it came, or `unavailable` where none did. Throws when the caller aborts. */
export async function askOnce (egress: Egress, call: EgressRequest): Promise<EgressReply | Unavailable> {
  try {
    return await egress.request(call)
  } catch (error) {
    if (!(error instanceof EgressError) || call.signal.aborted) throw error
    return { state: 'unavailable', failure: failureOfEgress(error) }
  }
}

function stateOf (reply: EgressReply, { readState, ...context }: Omit<Poll, 'egress' | 'call'>): PollResult {
  const { status, headers, body } = reply
  // Some answer 202 with nothing in it until there is something to say.
  if (status === 202 && body.length === 0) return { state: 'running', stage: 'waiting' }
  const parsed = parseObject(body)
  if (status >= 200 && status < 300) return (parsed && readState(parsed, reply)) ?? unreadable(status)

  const failure = readFailure(parsed ?? body.toString(), { ...context, status, headers })
  return MISSING.has(status) ? { state: 'missing', failure: { ...failure, class: 'lost' } } : { state: 'unavailable', failure }
}

export function unreadable (httpStatus: number): Unavailable {
  return { state: 'unavailable', failure: { class: 'unreadable', message: 'the reply says nothing that can be read', httpStatus } }
}

import type { Egress, EgressReply, EgressRequest } from './egress.ts'
import { readFailure } from './failures.ts'
import { parseObject } from './replies.ts'
import type { CheckResult } from './upstream.ts'

export interface Check {
  egress: Egress
  call: EgressRequest
  apiKey: string
  /** Statuses by which the provider says no, and that the key is right. */
  fine?: readonly number[]
}

/** Asks once. A reply that is no JSON comes from something else at that address. Throws EgressError when there is no answer. */
export async function checkByCall ({ egress, call, apiKey, fine = [] }: Check): Promise<CheckResult> {
  return readCheck(await egress.request(call), apiKey, fine)
}

function readCheck ({ status, headers, body }: EgressReply, apiKey: string, fine: readonly number[]): CheckResult {
  const parsed = parseObject(body)
  const failure = readFailure(parsed ?? body.toString(), { apiKey, status, headers })
  const isSuccess = status >= 200 && status < 300
  if (parsed && (isSuccess || fine.includes(status)) && failure.class !== 'auth') return { ok: true }
  if (!parsed && (isSuccess || status === 404)) return { ok: false, failure: { class: 'unreadable', message: 'what answers there is not such a provider: the base URL may be wrong', httpStatus: status } }
  return { ok: false, failure }
}

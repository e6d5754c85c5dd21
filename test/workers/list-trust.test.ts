import t from 'tap'
import { ListTrust } from '../../server/workers/list-trust.ts'
import type { ClaimedPoll } from '../../server/workers/poll-claims.ts'
import type { PollDecision } from '../../server/workers/poll-decision.ts'

const poll = { channel_id: 'c', credential_id: 'k', deadline_in_ms: 3_600_000 } as ClaimedPoll
const wait = (delayMs: number): PollDecision => ({ kind: 'wait', delayMs, polled: true, news: { failures: 0, missing: 0, progress: 0, progressSource: 'estimated', stage: 'waiting', queuePosition: null, estimateMs: null } })
const delayOf = (decision: PollDecision) => decision.kind === 'wait' ? decision.delayMs! : NaN

function knownTrust (): ListTrust {
  const trust = new ListTrust()
  trust.introduce(poll)
  return trust
}

t.test('polls of an account with a list meet, never earlier, and later by an eighth at most', t => {
  const trust = knownTrust()
  for (let delayMs = 1; delayMs < 60_000; delayMs += 97.3) {
    const met = delayOf(trust.meet(poll, wait(delayMs), undefined))
    if (met < delayMs || met > delayMs * 9 / 8 + 1 || met > delayMs + 1_024) t.fail(`${delayMs} became ${met}`)
  }
  const moments = Array.from({ length: 200 }, (_, index) => {
    const now = Date.now()
    return Math.round(now + delayOf(trust.meet(poll, wait(9_000 + 10 * index), undefined)))
  })
  t.ok(new Set(moments.map(moment => Math.round(moment / 100))).size <= 4, 'polls within two seconds fall on a few moments')
  t.end()
})

t.test('where a rate makes them wait anyway they meet once a call', t => {
  const trust = knownTrust()
  const delays = Array.from({ length: 100 }, (_, index) => delayOf(trust.meet(poll, wait(100 + 10 * index), 0.5)))
  t.ok(Math.max(...delays) - 1_100 <= 2_048)
  t.ok(new Set(delays.map(delay => Math.round((Date.now() + delay) / 100))).size <= 3)
  t.end()
})

t.test('last looks, endings and other accounts keep their time', t => {
  const trust = knownTrust()
  t.equal(delayOf(trust.meet({ ...poll, deadline_in_ms: 30_000 }, wait(10_001), undefined)), 10_001)
  t.equal(delayOf(trust.meet({ ...poll, credential_id: 'other' }, wait(10_001), undefined)), 10_001)
  t.same(trust.meet(poll, { kind: 'cancel' }, undefined), { kind: 'cancel' })
  trust.note(poll, 'failed')
  t.equal(delayOf(trust.meet(poll, wait(10_001), undefined)), 10_001, 'nor those of an account whose list rests')
  t.end()
})

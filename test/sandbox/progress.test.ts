import fc from 'fast-check'
import t from 'tap'
import type { Behaviour } from '../../server/sandbox/behaviour.ts'
import { createJob, type Job } from '../../server/sandbox/job.ts'
import { isOver, stateOf } from '../../server/sandbox/progress.ts'

const DURATION_MS = 170_000

function job (behaviour: Behaviour = {}): Job {
  const submission = { dialect: 'sora-relay', kind: 'create', model: 'sora_video2', prompt: 'a cat', sourceId: null, size: '720x720', seconds: '4', fields: {}, files: [], idempotencyKey: null, reference: null } as const
  return createJob({ ...submission, fields: {}, files: [] }, behaviour, DURATION_MS)
}

function after (job: Job, ms: number) {
  return stateOf(job, job.created_at.getTime() + ms)
}

t.test('progress never goes down, stays below 100 until the end, and the phases follow one another', async t => {
  const phases = ['queued', 'running', 'completed']
  fc.assert(fc.property(fc.array(fc.nat(300_000), { minLength: 2 }), times => {
    const it = job()
    const states = times.sort((a, b) => a - b).map(ms => after(it, ms))
    return states.every((state, i) => {
      const before = states[i - 1] ?? state
      return state.progress >= before.progress && phases.indexOf(state.phase) >= phases.indexOf(before.phase) && (state.progress < 100 || state.phase === 'completed')
    })
  }))
})

t.test('a job waits, then advances about as the owner\'s report saw it', async t => {
  const it = job({ durationMs: DURATION_MS })
  t.same(after(it, 1_000), { phase: 'queued', progress: 0 })
  t.same(after(it, 170_000), { phase: 'completed', progress: 100 })
  const seen = [15_000, 55_000, 155_000].map(ms => after(it, ms).progress)
  t.ok(seen[0]! > 1 && seen[0]! < 15, `after 15 s: ${seen[0]}`)
  t.ok(seen[1]! > 22 && seen[1]! < 45, `after 55 s: ${seen[1]}`)
  t.ok(seen[2]! > 88 && seen[2]! < 99, `after 155 s: ${seen[2]}`)
})

t.test('durations vary by up to a tenth from job to job, and are exact when given', async t => {
  const durations = Array.from({ length: 50 }, () => job().duration_ms)
  t.ok(durations.every(ms => ms >= DURATION_MS * 0.9 && ms <= DURATION_MS * 1.1))
  t.ok(new Set(durations).size > 10)
  t.equal(job({ durationMs: 500 }).duration_ms, 500)
})

t.test('a job told to fail at a progress gets there and no further', async t => {
  const it = job({ durationMs: 1000, failAt: 50 })
  const states = Array.from({ length: 101 }, (_, i) => after(it, i * 10))
  t.ok(states.some(({ phase, progress }) => phase === 'running' && progress > 20))
  t.ok(states.every(({ progress }) => progress <= 50))
  t.same(after(it, 1_000_000), { phase: 'failed', progress: 50 })
})

t.test('a job told never to finish runs for ever below 100', async t => {
  t.same(after(job({ outcome: 'never' }), 10 ** 10), { phase: 'running', progress: 99 })
})

t.test('a cancel takes effect at its moment, unless the job was over before', async t => {
  const it = { ...job({ durationMs: 1000 }) }
  it.cancelled_at = new Date(it.created_at.getTime() + 500)
  t.equal(after(it, 499).phase, 'running')
  t.equal(after(it, 500).phase, 'cancelled')
  t.equal(after(it, 5000).phase, 'cancelled')
  t.ok(isOver('cancelled'))

  it.cancelled_at = new Date(it.created_at.getTime() + 1500)
  t.equal(after(it, 5000).phase, 'completed')
})

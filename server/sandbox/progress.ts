import { seed, type Job } from './job.ts'

export type Phase = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'

export interface JobState {
  phase: Phase
  /** 0–100, not yet rounded. */
  progress: number
}

/** Share of the run time → progress, as the owner's test report saw it: 9 % after 15 s, 36 % after 55 s, 98 % after 155 s of 170 s. */
const CURVE = [[0, 0], [0.09, 9], [0.32, 36], [0.91, 98], [1, 100]] as const

const QUEUED_SHARE = 0.05

/** What the job looks like at a moment (milliseconds since 1970). The same for every process that asks, before and after a restart. */
export function stateOf (job: Job, now: number): JobState {
  const cancelledAt = job.cancelled_at?.getTime() ?? Infinity
  const state = undisturbedState(job, Math.min(now, cancelledAt))
  if (now < cancelledAt || isOver(state.phase)) return state
  return { phase: 'cancelled', progress: state.progress }
}

export function isOver (phase: Phase): boolean {
  return phase !== 'queued' && phase !== 'running'
}

export function completedAt (job: Job): Date {
  return new Date(job.created_at.getTime() + job.duration_ms)
}

function undisturbedState (job: Job, now: number): JobState {
  const { outcome, failAt } = job.behaviour
  const queuedMs = Math.min(job.behaviour.queuedMs ?? job.duration_ms * QUEUED_SHARE, job.duration_ms)
  const elapsed = Math.max(now - job.created_at.getTime(), 0)
  const share = elapsed >= job.duration_ms ? 1 : Math.max(elapsed - queuedMs, 0) / (job.duration_ms - queuedMs)
  const progress = elapsed < queuedMs ? 0 : progressAt(job, share)

  if (failAt !== undefined && elapsed >= queuedMs && progress >= failAt) return { phase: 'failed', progress: failAt }
  if (outcome !== 'never' && elapsed >= job.duration_ms) return { phase: 'completed', progress: 100 }
  return { phase: elapsed < queuedMs ? 'queued' : 'running', progress: Math.min(progress, 99) }
}

/** Every job bends the curve a little its own way. */
function progressAt (job: Job, share: number): number {
  if (job.behaviour.progress === 'linear') return 100 * share
  return interpolate(share ** (0.9 + 0.2 * seed(job.id)))
}

function interpolate (x: number): number {
  const end = CURVE.findIndex(([share]) => x <= share)
  if (end <= 0) return end === 0 ? 0 : 100
  const [x0, y0] = CURVE[end - 1]!
  const [x1, y1] = CURVE[end]!
  return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
}

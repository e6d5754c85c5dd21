import { stateOf, type JobState, type Phase } from './progress.ts'
import type { Job } from './job.ts'

/** One look at a job: what a reply is made of. */
export interface JobView {
  job: Job
  state: JobState
  /** How often this job has been polled, this time included. */
  polls: number
  /** `http://host:port` as the client sees it. */
  origin: string
}

export function viewJob (job: Job, polls: number, origin: string): JobView {
  return { job, state: stateOf(job, Date.now()), polls, origin }
}

export function statusWord ({ job: { behaviour }, state, polls }: JobView, words: Record<Phase, string>): string {
  const phase = behaviour.statusBackwards && state.phase === 'running' && polls % 2 === 0 ? 'queued' : state.phase
  return behaviour.words?.[phase] ?? words[phase]
}

/** `undefined` leaves the key out of the reply. */
export function reportedProgress ({ job: { behaviour }, state, polls }: JobView): number | string | null | undefined {
  const whole = Math.floor(state.progress)
  switch (behaviour.progress) {
    case 'none': return undefined
    case 'ends': return state.phase === 'completed' ? 100 : 0
    case 'backwards': return polls % 2 === 0 ? Math.floor(whole / 2) : whole
    case 'nan': return 'NaN'
    case 'null': return null
    case 'negative': return -1
    case 'beyond': return 900
    case 'fractional': return state.progress + 0.37
    case 'text': return `${whole}%`
    default: return whole
  }
}

/** Why the job failed, in one of the shapes providers use. */
export function jobError ({ job: { behaviour }, state }: JobView): unknown {
  if (state.phase !== 'failed' && !(behaviour.outcome === 'with-error' && state.phase === 'completed')) return null
  const { message = 'The video could not be generated.', code = 'generation_failed', type = 'server_error', shape } = behaviour.error ?? {}
  switch (shape) {
    case 'string': return message
    case 'detail': return { detail: message }
    case 'nested': return { message: JSON.stringify({ error: { message, code, type } }) }
    default: return { message, code, type }
  }
}

/** Adds and leaves out what the behaviour says. */
export function distort (body: Record<string, unknown>, { job, polls }: JobView): Record<string, unknown> {
  const { extraKeys, missingKeys = [], changedId, idKey } = job.behaviour
  const result: Record<string, unknown> = { ...body, ...extraKeys }
  if (changedId && polls > 0) result.id = `${String(body.id)}-changed`
  if (idKey && idKey !== 'id') {
    result[idKey] = result.id
    delete result.id
  }
  for (const key of missingKeys) delete result[key]
  return result
}

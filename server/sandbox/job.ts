import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Behaviour } from './behaviour.ts'

export type Dialect = 'sora-relay' | 'openai' | 'fal' | 'runway' | 'ark'
export type SubmissionKind = 'create' | 'remix' | 'edit' | 'extend'

export interface ReceivedFile {
  field: string
  name: string
  contentType: string
  size: number
  sha256: string
}

/** What the paying request said, and the secret part of the job's file URLs. */
export interface JobRequest {
  kind: SubmissionKind
  fields: Record<string, string>
  files: ReceivedFile[]
  idempotencyKey: string | null
  reference: string | null
  /** `WxH` and seconds of the video, given, inherited or the dialect's own. */
  size: string
  seconds: string
  token: string
  /** The client deleted the video; the paid submission stays in the ledger. */
  removed?: boolean
}

/** One paid submission. Nothing in it changes but `cancelled_at` and `request.removed`: status and progress follow from the clock. */
export interface Job {
  id: string
  dialect: Dialect
  model: string
  prompt: string
  source_id: string | null
  request: JobRequest
  behaviour: Behaviour
  duration_ms: number
  created_at: Date
  /** When the cancel takes effect. */
  cancelled_at: Date | null
}

export interface Submission {
  dialect: Dialect
  kind: SubmissionKind
  model: string
  prompt: string
  sourceId: string | null
  fields: Record<string, string>
  files: ReceivedFile[]
  size: string
  seconds: string
  idempotencyKey: string | null
  reference: string | null
}

/** `durationMs` is what jobs take on average when their behaviour says nothing. */
export function createJob (submission: Submission, behaviour: Behaviour, durationMs: number): Job {
  const { dialect, kind, model, prompt, sourceId, fields, files, size, seconds, idempotencyKey, reference } = submission
  const id = newId(submission, behaviour)
  return {
    id,
    dialect,
    model,
    prompt,
    source_id: sourceId,
    request: { kind, fields, files, size, seconds, idempotencyKey, reference, token: randomBytes(18).toString('base64url') },
    behaviour,
    duration_ms: behaviour.durationMs ?? Math.round(durationMs * (0.9 + 0.2 * seed(id))),
    created_at: new Date(),
    cancelled_at: null
  }
}

/** The same key gives the same id, so the store's primary key is what makes the submission idempotent. */
function newId ({ dialect, idempotencyKey }: Submission, behaviour: Behaviour): string {
  if (dialect === 'ark') return `cgt-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(5).toString('hex')}`
  if (dialect === 'fal' || dialect === 'runway') return randomUUID()
  if (dialect === 'sora-relay') return `video_${randomUUID()}`
  const hex = behaviour.idempotent && idempotencyKey
    ? createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32)
    : randomBytes(16).toString('hex')
  return behaviour.idLength === 'long' ? `video_${Buffer.from(`sandbox:model_id:default;video_id:${hex}`.padEnd(150, ';')).toString('base64url')}` : `video_${hex}`
}

/** A number in [0, 1) that belongs to the id (FNV-1a). */
export function seed (id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return (hash >>> 0) / 2 ** 32
}

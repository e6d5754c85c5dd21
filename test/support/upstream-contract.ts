import type { Dialect } from '../../server/sandbox/job.ts'
import type { Behaviour } from '../../server/sandbox/behaviour.ts'
import type { Capabilities, CancelResult, SubmissionRequest } from '../../server/upstreams/upstream.ts'

/** What every adapter has to keep, and in what each is its own. */
export interface Contract {
  type: Dialect
  /** `settings` of its channel. */
  settings?: Record<string, unknown>
  /** How its simulated server deviates, beside what its protocol says. */
  behaviour?: Behaviour
  /** A model that makes videos from prompts, and one that changes videos. */
  model: string
  remixModel?: string
  /** What a cancel of a waiting and of a running video comes to. */
  cancel: { waiting: CancelResult, running: CancelResult } | 'unsupported'
  createSafety: Capabilities['createSafety']
  /** Whether it tells waiting from running; nearly all do. */
  waits?: false
  /** Whether a running video says how far it is. */
  progress: boolean
}

export const CONTRACTS: readonly Contract[] = [
  { type: 'sora-relay', model: 'sora_video2', cancel: 'unsupported', createSafety: 'none', progress: true },
  { type: 'openai', model: 'sora-2', settings: { cancel: true }, cancel: { waiting: 'cancelled', running: 'cancelled' }, createSafety: 'list', progress: true },
  // It never says in_progress, and its progress is 0 or 100.
  { type: 'openai', model: 'sora-2', settings: { dialect: 'sglang' }, behaviour: { words: { running: 'queued' }, progress: 'ends', errorShape: 'fastapi', listShape: 'bare' }, cancel: 'unsupported', createSafety: 'list', progress: true },
  { type: 'openai', model: 'sora-2', settings: { dialect: 'vllm-omni' }, behaviour: { multipartOnly: true }, cancel: 'unsupported', createSafety: 'list', progress: true },
  { type: 'openai', model: 'sora-2', settings: { dialect: 'litellm' }, behaviour: { idLength: 'long', words: { queued: 'processing' }, missingKeys: ['progress', 'prompt', 'completed_at', 'expires_at', 'remixed_from_video_id'] }, cancel: 'unsupported', createSafety: 'list', progress: false, waits: false },
  { type: 'openai', model: 'sora-2', settings: { dialect: 'new-api' }, behaviour: { idKey: 'task_id', words: { queued: 'NOT_START', running: 'IN_PROGRESS', completed: 'SUCCESS', failed: 'FAILURE' }, contentMode: 'metadata', errorShape: 'flat', missingKeys: ['completed_at', 'expires_at'] }, cancel: 'unsupported', createSafety: 'none', progress: true },
  { type: 'openai', model: 'sora-2', settings: { dialect: 'generic' }, cancel: 'unsupported', createSafety: 'none', progress: true },
  { type: 'fal', model: 'fal-ai/veo3.1', remixModel: 'fal-ai/wan/v2.7', cancel: { waiting: 'requested', running: 'requested' }, createSafety: 'none', progress: false },
  { type: 'runway', model: 'gen4.5', cancel: { waiting: 'cancelled', running: 'cancelled' }, createSafety: 'none', progress: true },
  { type: 'ark', model: 'dreamina-seedance-2-0-260128', cancel: { waiting: 'cancelled', running: 'tooLate' }, createSafety: 'list', progress: false }
]

export function requestFor (model: string, prompt: string): SubmissionRequest {
  return { reference: 'video_1-1', prompt, model, parameters: {} }
}

import type { Job, SubmissionKind } from './job.ts'
import type { JobView } from './job-view.ts'
import type { Phase } from './progress.ts'
import type { ErrorShape, Reply } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import type { ProviderRoute } from './routes.ts'
import type { SandboxStore } from './store.ts'

/** What a submission asks for, whatever its protocol calls it. */
export interface Meaning {
  prompt: string
  model?: string | undefined
  size?: string | undefined
  seconds?: string | undefined
  sourceId?: string | undefined
}

/** How one kind of provider speaks. */
export interface Protocol {
  /** The key, where the Authorization header has this provider's form. */
  keyOf (authorization: string): string | undefined
  /** Without it every request is refused. */
  requiredHeader?: string
  errorShape: ErrorShape
  understand (body: RequestBody, route: ProviderRoute): Meaning
  /** Throws Refusal. */
  check (body: RequestBody, meaning: Meaning, kind: SubmissionKind): void
  /** The answer to a submission. */
  receipt (view: JobView): Record<string, unknown>
  poll (view: JobView): Reply
  /** What it answers to a question that costs nothing and proves the key. */
  account?: Record<string, unknown>
  /** Where the result is asked for apart from the status. */
  result? (view: JobView): Reply
  cancel? (store: SandboxStore, job: Job, phase: Phase): Promise<Reply>
}

/** OpenAI's names, which others took over. */
export function meaningOfFields ({ fields }: RequestBody): Meaning {
  const { prompt = '', model, size, seconds } = fields
  return { prompt, model, size, seconds, sourceId: fields['video[id]'] }
}

/** Which of the sandbox's own files an address names. */
export function sourceOf (address: string | undefined): string | undefined {
  return /\/files\/([^/]+)\.mp4/.exec(address ?? '')?.[1]
}

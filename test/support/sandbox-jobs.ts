import { createJob, type Dialect } from '../../server/sandbox/job.ts'
import type { Behaviour } from '../../server/sandbox/behaviour.ts'
import type { SandboxStore } from '../../server/sandbox/store.ts'

/** Jobs as if they had been submitted, without asking; they never end unless said otherwise. Answers with their ids. */
export async function addJobs (store: SandboxStore, dialect: Dialect, count: number, behaviour: Behaviour = { outcome: 'never' }, durationMs = 600_000): Promise<string[]> {
  const submission = { dialect, kind: 'create' as const, model: 'sora-2', prompt: 'a cat', sourceId: null, fields: {}, files: [], size: '1280x720', seconds: '4', idempotencyKey: null, reference: null }
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const job = await store.insert(createJob(submission, behaviour, durationMs))
    ids.push(job.id)
  }
  return ids
}

import { createJob, type Dialect } from '../../server/sandbox/job.ts'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startSandbox } from '../../server/sandbox/server.ts'
import { externalId } from './names.ts'

/** The simulated provider with so many jobs that never end, in a process of its own as a real one would be. */
const { jobs, dialect = 'sora-relay' } = JSON.parse(process.argv[2]!) as { jobs: number, dialect?: Dialect }

const store = createMemoryStore()
const submission = { dialect, kind: 'create' as const, model: 'sora-2', prompt: 'a cat', sourceId: null, fields: {}, files: [], size: '1280x720', seconds: '4', idempotencyKey: null, reference: null }
for (let i = 0; i < jobs; i++) {
  await store.insert({ ...createJob(submission, { outcome: 'never' }, 600_000), id: externalId(i) })
}
const sandbox = await startSandbox({ store, durationMs: 600_000, control: true })

process.on('message', ({ type }: { type: string }) => {
  if (type === 'stop') process.exit()
  process.send!({ requests: sandbox.control.requests() })
})
process.send!({ url: sandbox.url })

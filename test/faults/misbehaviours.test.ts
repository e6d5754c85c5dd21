import t from 'tap'
import { check } from './checker.ts'
import { MISBEHAVIOURS } from './misbehaviours.ts'
import { Rig, type ProviderType } from './rig.ts'

const TASKS_EACH = 5
const DEADLINE_MS = 8_000
/** A provider that can be asked, and knows nothing of a submission, gets it so often (MAX_ATTEMPTS in confirm-submission.ts); each time the deadline runs anew. */
const ATTEMPTS = 3
/** A video that cannot be read is fetched six times, 2, 4, 8, 16 and 32 s apart, whatever the deadline (save-video.ts). */
const SAVING_MS = 62_000
/** The last look may overstay the deadline by 5 s; the rest is for a busy machine. */
const GRACE_MS = 15_000

t.setTimeout(360_000)
// They mostly wait: for deadlines, and for the tries of videos that cannot be read.
t.jobs = 2
t.equal(MISBEHAVIOURS.length, 40)

for (const type of ['openai', 'sora-relay'] satisfies ProviderType[]) {
  t.test(`whatever a provider of type ${type} does, every task ends clearly by its deadline and then stays`, { buffered: true }, async t => {
    const rig = await Rig.start({ type, servers: 1, env: { TASK_DEADLINE_MS: String(DEADLINE_MS), SUBMIT_WAIT_MS: '0' } })
    t.teardown(() => rig.stop())
    const prompts = MISBEHAVIOURS.flatMap(marker => Array.from({ length: TASKS_EACH }, (_, index) => `${index} ${marker}`))
    for (const prompt of prompts) t.equal(await create(rig, prompt), 201, prompt)

    const settled = await rig.settle((type === 'openai' ? ATTEMPTS : 1) * DEADLINE_MS + SAVING_MS + GRACE_MS)
    const evidence = await rig.collectEvidence()
    t.ok(settled, `ended by the deadline; still running: ${evidence.tasks.filter(({ status }) => status === 'QUEUED' || status === 'PROCESSING').map(({ prompt }) => prompt)}`)
    t.equal(evidence.tasks.length, prompts.length)
    t.same(check(evidence), [])
  })
}

async function create (rig: Rig, prompt: string): Promise<number> {
  const response = await fetch(`${rig.servers[0]!.url}/api/video/tasks`, {
    method: 'POST',
    headers: { authorization: rig.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, model: 'sora-2' })
  })
  await response.body?.cancel()
  return response.status
}

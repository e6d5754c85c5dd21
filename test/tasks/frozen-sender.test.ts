import t from 'tap'
import { armFailpoints } from '../../server/failpoints.ts'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

t.test('a process that stood still when about to send sends nothing once it wakes up: others may have begun meanwhile', async t => {
  const provider = await startSandboxUpstream(t, { type: 'openai' })
  const { admin, waitForTask } = await startApp(t, { ...provider.env, SUBMIT_TIMEOUT_MS: '300' })
  t.teardown(() => armFailpoints(undefined))

  armFailpoints('submit.before-send=pause:400')
  const { videoId, externalTaskId } = await admin.createTask({ prompt: 'a cat' })
  armFailpoints(undefined)
  t.equal(externalTaskId, null)
  t.equal(await provider.timesPaid('a cat'), 0)

  await waitForTask(videoId, 'COMPLETED')
  t.equal(await provider.timesPaid('a cat'), 1)
})

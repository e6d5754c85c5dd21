import t, { type Test } from 'tap'
import type { Db } from '../../server/database/tables.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

/** A task that failed because its provider's list could not be read; the list works again, and the queue has lost the next look. */
async function failInDoubt (t: Test, prompt: string) {
  const upstream = await startSandboxUpstream(t, { type: 'openai' })
  const server = await startApp(t, { ...upstream.env, SUBMIT_TIMEOUT_MS: '400', TASK_DEADLINE_MS: '2000' })
  upstream.behave('create', { create: { answer: 'drop', accepted: true } }, 1)
  upstream.behave('list', { list: { answer: 500 } })
  const { videoId } = await server.admin.createTask({ prompt, model: 'sora-2' })
  t.equal((await server.waitForTask(videoId, 'FAILED')).error_code, 'SUBMISSION_UNCONFIRMED')
  return { upstream, server, videoId }
}

/** Half an hour goes by, and the queue is restored from an old dump. */
async function loseLooks ({ db }: TestApp): Promise<void> {
  await db.updateTable('task_attempts').set({ finished_at: new Date(Date.now() - 1_800_000) }).where('state', '=', 'unknown').execute()
  await looks(db).execute()
}

function looks (db: Db) {
  return db.deleteFrom('pgboss.job' as never).where('name' as never, '=', 'confirm-task' as never)
}

t.test('the look for a failed submission is put back when its job is lost, and finds the video', async t => {
  const { upstream, server, videoId } = await failInDoubt(t, 'found late')
  upstream.forgetBehaviours()
  await loseLooks(server)
  t.match(await server.waitForTask(videoId, 'COMPLETED'), { attempt: 1, error_code: null })
  t.equal(await upstream.timesPaid('found late'), 1)
})

t.test('so is the look for a submission that a retry took the place of', async t => {
  const { upstream, server, videoId } = await failInDoubt(t, 'found after a retry')
  upstream.behave('create', { create: { answer: 400 } }, 1)
  const retried = await server.admin.post(`/api/video/tasks/${videoId}/retry`, { acceptDuplicateRisk: true })
  t.equal(retried.json().code, 'UPSTREAM_REFUSED')
  upstream.forgetBehaviours()
  await loseLooks(server)

  t.match(await server.waitForTask(videoId, 'COMPLETED'), { attempt: 1, error_code: null })
  const notes = await server.db.selectFrom('task_events').select('detail').where('task_id', '=', videoId).where('kind', '=', 'note').execute()
  t.match(notes, [{ detail: { note: 'adopted' } }])
  t.equal(await upstream.timesPaid('found after a retry'), 1)
})

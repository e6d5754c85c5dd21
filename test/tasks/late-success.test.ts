import t from 'tap'
import type { Db } from '../../server/database/tables.ts'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

/** Slow polls come every five minutes: the test does not wait for the clock. */
async function makeDue (db: Db, videoId: string, attempt: number) {
  await db.updateTable('task_polls').set({ next_poll_at: new Date(0) }).where('task_id', '=', videoId).where('attempt', '=', attempt).execute()
  await db.deleteFrom('pgboss.job' as never).where('name' as never, '=', 'poll-task' as never).execute()
}

t.test('a task past its deadline fails, and completes when it turns up after all', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 1_500 })
  const server = await startApp(t, { ...upstream.env, TASK_DEADLINE_MS: '500' })
  const { videoId } = await server.admin.createTask()
  const failed = await server.waitForTask(videoId, 'FAILED')
  t.match(failed, { error_code: 'DEADLINE_EXCEEDED' })
  t.ok((await server.admin.get(`/api/video/tasks/${videoId}`)).json().data.errorHint.includes('24'), 'it says that it goes on asking')

  await makeDue(server.db, videoId, 1)
  const completed = await server.waitForTask(videoId, 'COMPLETED')
  t.match(completed, { error_code: null, progress: 100, attempt: 1 })
  t.equal((await upstream.ledger()).length, 1)
})

t.test('an older attempt completes the task only if the newer one was not accepted', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 1_000 })
  const server = await startApp(t, { ...upstream.env, TASK_DEADLINE_MS: '400' })
  const { videoId, externalTaskId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'FAILED')
  upstream.behave('create', { create: { answer: 400 } }, 1)
  t.equal((await server.admin.post(`/api/video/tasks/${videoId}/retry`)).json().code, 'UPSTREAM_REFUSED')

  await makeDue(server.db, videoId, 1)
  t.match(await server.waitForTask(videoId, 'COMPLETED'), { attempt: 1, external_task_id: externalTaskId })
})

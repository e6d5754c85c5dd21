import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

/** Longer than Fastify gives its hooks by default, shorter than submissions are waited for. */
const LATE_MS = 10_500

t.test('a submission that is answered late is recorded before a server that is told to stop lets go of the database', async t => {
  const upstream = await startSandboxUpstream(t)
  const server = await startApp(t, { ...upstream.env, SUBMIT_WAIT_MS: '0' })
  const { videoId } = await server.admin.createTask({ prompt: `slow [[sandbox: create.latencyMs=${LATE_MS}]]` })
  await upstream.untilPaid(1)
  await server.app.close()

  const db = createDatabase(server.databaseUrl, 1)
  t.teardown(() => db.destroy())
  const [paid] = await upstream.ledger()
  const task = await db.selectFrom('tasks').select(['status', 'external_task_id']).where('id', '=', videoId).executeTakeFirst()
  t.same(task, { status: 'PROCESSING', external_task_id: paid!.id })
})

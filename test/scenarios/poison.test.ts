import t from 'tap'
import type { Api } from '../../server/demo/api.ts'
import type { Db } from '../../server/database/tables.ts'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { checkOutcome, COUNT, prepare, readTasks, submitAll, waitForAll } from './restarts.ts'

/** Processes crash, are found out and started again, all on a machine that may be busy. */
const PATIENCE_MS = 90_000

// Six processes, one after the other.
t.setTimeout(240_000)

t.test('a poll that crashes its process brings the server down once; then it is run apart and quarantined, and the others go on', async t => {
  const upstream = await startSandboxUpstream(t, { durationMs: 100 })
  const { db, databaseUrl, start } = await prepare(t, upstream)
  const { poison, acknowledged } = await submitThenStop(db, start)
  const armed = { FAILPOINT: `poll.after-ask=exit@${poison.id}` }

  // Whether it gets to answer before it crashes is a matter of luck.
  await start(armed).then(({ exited }) => exited, () => {})
  const server = await start(armed)
  await until(async () => (await stageOf(db, poison.id)) === 'quarantined', 'it is quarantined', PATIENCE_MS)
  await until(async () => (await readTasks(db)).filter(({ status }) => status === 'COMPLETED').length === COUNT - 1, 'the others are done', PATIENCE_MS)
  const shown = await server.api.data('GET', `/api/video/tasks/${poison.id}`)
  t.match(shown, { status: 'PROCESSING', stage: 'quarantined', externalTaskId: poison.external_task_id })
  t.match(await notesOf(server.api, poison.id), [{ note: 'quarantined', crashes: 3 }])
  t.same((await db.selectFrom('poll_suspects').select(['task_id', 'crashes']).execute()), [{ task_id: poison.id, crashes: 3 }], 'nobody else')
  t.equal(await server.end('SIGTERM'), 0, 'the server lived through it')

  const { api } = await start()
  const receipt = await api.data('POST', `/api/video/tasks/${poison.id}/retry`, {})
  t.match(receipt, { videoId: poison.id, externalTaskId: poison.external_task_id, status: 'processing' })
  const tasks = await waitForAll(t, db, databaseUrl)
  await checkOutcome(t, tasks, upstream, acknowledged)
  t.same(await notesOf(api, poison.id), [{ note: 'quarantined', crashes: 3 }, { note: 'resumed' }])
  t.same(await db.selectFrom('poll_suspects').selectAll().execute(), [])
})

type Start = Awaited<ReturnType<typeof prepare>>['start']

/** COUNT tasks that nobody has asked after yet, and one of them. */
async function submitThenStop (db: Db, start: Start) {
  const { api, end } = await start({ POLL_MIN_MS: '2000' })
  const acknowledged = await submitAll(api, 'sora_video2')
  await end('SIGTERM')
  return { poison: (await readTasks(db))[7]!, acknowledged }
}

async function stageOf (db: Db, id: string): Promise<string | undefined> {
  return (await readTasks(db)).find(task => task.id === id)?.stage
}

async function notesOf (api: Api, id: string): Promise<unknown[]> {
  const { events } = await api.data('GET', `/api/video/tasks/${id}/events`) as { events: Array<{ kind: string, detail: unknown }> }
  return events.filter(({ kind }) => kind === 'note').map(({ detail }) => detail)
}

import t from 'tap'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

t.test('a batch tells a webhook of each of its tasks', async t => {
  const upstream = await startSandboxUpstream(t)
  const { admin, db } = await startApp(t, upstream.env)
  const hook = await admin.post('/api/webhooks', { url: 'https://example.com/hook', events: ['task.created'] })
  t.equal(hook.statusCode, 201)
  const begun = performance.now()
  const { items } = (await admin.post('/api/video/batches', { items: Array.from({ length: 500 }, (_, i) => ({ prompt: `task ${i}` })) })).json().data
  t.comment(`500 items with a webhook in ${Math.round(performance.now() - begun)} ms`)
  const told = await db.selectFrom('webhook_deliveries as d').innerJoin('task_events as e', 'e.id', 'd.event_id').select(['d.task_id', 'd.event_type', 'e.task_id as told_of']).orderBy('d.task_id').execute()
  t.same(told.map(row => row.task_id), items.map((item: { videoId: string }) => item.videoId))
  t.ok(told.every(row => row.event_type === 'task.created' && row.told_of === row.task_id))
})

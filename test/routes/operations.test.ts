import t from 'tap'
import { startApp } from '../support/app.ts'

t.test('/metrics is for administrators and tells of tasks, polls, queues and streams', async t => {
  const server = await startApp(t)
  const { videoId } = await server.admin.createTask()
  await server.waitForTask(videoId, 'COMPLETED')

  t.equal((await server.app.inject('/metrics')).statusCode, 401)
  t.equal((await (await server.login()).get('/metrics')).statusCode, 403)
  const metrics = await server.admin.get('/metrics')
  t.equal(metrics.statusCode, 200)
  t.match(metrics.headers['content-type'], /^text\/plain/)
  for (const name of ['reelay_tasks', 'reelay_polls_total{channel="sandbox",state="completed"} 1', 'reelay_list_calls_total{channel="sandbox"} 0', 'reelay_polls_by_list_total{channel="sandbox"} 0', 'reelay_poll_lateness_seconds{quantile="0.99"}', 'reelay_upstream_poll_seconds{channel="sandbox",quantile="0.5"}', 'reelay_queue_jobs{queue="poll-task",state="ready"}', 'reelay_feed_stall_seconds 0', 'nodejs_eventloop_lag_p99_seconds']) {
    t.ok(metrics.body.includes(name), name)
  }
})

t.test('/health and /ready are open; /ready says what is wrong', async t => {
  const server = await startApp(t)
  t.same((await server.app.inject('/health')).json(), { status: 'ok' })
  t.same((await server.app.inject('/ready')).json(), { status: 'ready', checks: { database: 'ok', workers: 'ok' } })

  await server.db.schema.alterTable('schema_migrations').renameTo('elsewhere').execute()
  const unready = await server.app.inject('/ready')
  t.equal(unready.statusCode, 503)
  t.match(unready.json(), { status: 'unready', checks: { database: /migrated/, workers: 'ok' } })
})

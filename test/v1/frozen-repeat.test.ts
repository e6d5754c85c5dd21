import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { json, send, startOpenaiServer } from '../support/openai-server.ts'
import { startServerProcess } from '../support/server-process.ts'

t.test('a request that a process finds when it goes on, given up and repeated without a key long since, makes nothing', async t => {
  const { admin, app, databaseUrl, db, origin, upstream } = await startOpenaiServer(t)
  const frozen = await startServerProcess(t, { ...upstream.env, DATABASE_URL: databaseUrl, DATA_DIR: app.config.DATA_DIR })
  const body = JSON.stringify({ prompt: 'overtaken' })
  process.kill(frozen.pid, 'SIGSTOP')

  // As the SDK does whose patience is at an end; the system has taken its request in the process' stead.
  const first = connect(Number(new URL(frozen.url).port), '127.0.0.1')
  await once(first, 'connect')
  await new Promise(resolve => first.end(`POST /v1/videos HTTP/1.1\r\nhost: reelay\r\nauthorization: ${admin.authorization}\r\ncontent-type: application/json\r\nx-stainless-retry-count: 0\r\ncontent-length: ${body.length}\r\n\r\n${body}`, () => resolve(undefined)))
  first.destroy()
  const again = json({ prompt: 'overtaken' })
  const { body: { id } } = await send(origin, admin, '/v1/videos', { ...again, headers: { ...again.headers as object, 'x-stainless-retry-count': '1' } })

  process.kill(frozen.pid, 'SIGCONT')
  // Whoever comes later is answered later; and what is under way is over when it has ended.
  t.equal((await fetch(`${frozen.url}/health`)).status, 200)
  t.equal(await frozen.end('SIGTERM'), 0)
  t.same((await db.selectFrom('tasks').select('id').where('prompt', '=', 'overtaken').execute()).map(task => task.id), [id])
  t.equal(await upstream.timesPaid('overtaken'), 1)
})

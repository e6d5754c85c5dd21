import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { eventsAddress, eventsKey } from '../../server/channels/events-address.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { connect } from '../../server/demo/api.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { startServerProcess } from '../support/server-process.ts'

const PASSWORD = 'a good password'
const SECRET = `whsec_${Buffer.alloc(32, 'w').toString('base64')}`
const ENCRYPTION_KEY = 'e'.repeat(40)

t.test('an event that reaches a process without workers has its job polled by one with them', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai', durationMs: 1_500, behaviour: { progress: 'none' } })
  const databaseUrl = await createTestDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'reelay-events-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const db = createDatabase(databaseUrl, 2)
  t.teardown(() => db.destroy())
  const env = { ...upstream.env, DATABASE_URL: databaseUrl, DATA_DIR: folder, ADMIN_PASSWORD: PASSWORD, ENCRYPTION_KEY, UPSTREAM_WEBHOOK_SECRET: SECRET, POLL_MAX_MS: '30000' }
  const [front] = await Promise.all([startServerProcess(t, { ...env, ROLES: 'api' }), startServerProcess(t, { ...env, ROLES: 'worker' })])

  const anonymous = connect(front.url, new AbortController().signal)
  const { token } = await anonymous.data('POST', '/api/auth/login', { username: 'admin', password: PASSWORD })
  const { videoId, externalTaskId } = await anonymous.as(String(token)).data('POST', '/api/video/tasks', { prompt: 'a cat' })
  // The first look is over, the next is 13.5 s away at least, and the upstream is done.
  await upstream.untilPolled(1)
  await until(async () => (await stateOf()).elapsed > 2_000, 'the upstream is done')
  t.match(await stateOf(), { status: 'PROCESSING' })

  const body = JSON.stringify({ type: 'video.completed', data: { id: externalTaskId } })
  const at = new Date()
  const before = performance.now()
  const answer = await fetch(front.url + eventsAddress(eventsKey(Buffer.from(ENCRYPTION_KEY)), await channelId()), {
    method: 'POST',
    body,
    headers: { 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': new Webhook(SECRET).sign('evt_1', at, body) }
  })
  t.equal(answer.status, 204)
  await until(async () => (await stateOf()).status === 'COMPLETED', 'completed')
  const took = performance.now() - before
  t.comment(`completed ${Math.round(took)} ms after the event`)
  t.ok(took < 9_000)

  async function stateOf () {
    return await db.selectFrom('tasks').select('status').select(sql<number>`(extract(epoch from now() - started_at) * 1000)::float8`.as('elapsed')).where('id', '=', String(videoId)).executeTakeFirstOrThrow()
  }

  async function channelId () {
    return (await db.selectFrom('channels').select('id').where('name', '=', 'env').executeTakeFirstOrThrow()).id
  }
})

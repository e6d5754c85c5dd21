import { Writable } from 'node:stream'
import { pino } from 'pino'
import { sql } from 'kysely'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { addChannel, changeChannel } from '../support/channels.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'
import { json, startScriptedServer } from '../support/scripted-server.ts'

const CANARIES = ['sk-canary-first-7Qx2', 'sk-canary-second-9Zt4', 'whsec_canary3Kd8']

/** As it may be written: as it is, or as bytes. */
const spellings = CANARIES.flatMap(key => [key, Buffer.from(key).toString('hex'), Buffer.from(key).toString('base64').replace(/=+$/, ''), encodeURIComponent(key)])

t.test('no key is in any table, log line or answer of a run, whatever the provider says', async t => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, new Writable({ write (chunk, _encoding, done) { lines.push(String(chunk)); done() } }))
  const server = await startApp(t, {}, { log })
  const answers: string[] = []
  const keep = (response: { body: string }) => answers.push(response.body)

  const scripted = await startScriptedServer(t)
  scripted.answer = (response, request) => json({ error: { message: `not valid: ${JSON.stringify(request.headers)}` } }, 401)(response, request)
  const echoing = await addChannel(server, { type: 'openai', baseUrl: `${scripted.url}/v1` }, { apiKey: CANARIES[0], webhookSecret: CANARIES[2], priority: 1 })
  const upstream = await startSandboxUpstream(t)
  await addChannel(server, upstream)
  const { videoId } = await server.admin.createTask({ prompt: 'moves on', model: 'sora-2' })
  keep(await server.admin.post('/api/video/tasks', { prompt: 'stays', model: 'sora-2', channelId: echoing }))
  await server.waitForTask(videoId, 'COMPLETED')
  await changeChannel(server, echoing, { apiKey: CANARIES[1] })
  for (const path of ['', '/health']) keep(await server.admin.get(`/api/channels/${echoing}${path}`))
  keep(await server.admin.post(`/api/channels/${echoing}/test`))
  keep(await server.admin.inject({ method: 'PATCH', url: `/api/channels/${echoing}`, payload: { apiKey: `${CANARIES[1]} `, colour: CANARIES[1] } }))
  keep(await server.admin.get(`/api/video/tasks/${videoId}/events`))

  const { rows: tables } = await sql<{ name: string }>`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`.execute(server.db)
  t.ok(tables.length > 20)
  const dump = []
  for (const { name } of tables) dump.push(...(await sql<{ text: string }>`select x::text as text from ${sql.raw(name)} x`.execute(server.db)).rows.map(row => row.text))
  t.ok(lines.some(line => line.includes('submission moved')))
  t.ok(dump.some(text => text.includes('moves on')), 'the search would find what is there')
  for (const [place, texts] of Object.entries({ tables: dump, log: lines, answers })) {
    t.same(texts.filter(text => spellings.some(spelling => text.includes(spelling))), [], place)
  }
})

t.test('a key that was moved to another channel\'s row does not open, and is sent nowhere', async t => {
  const server = await startApp(t, { SANDBOX: 'off' })
  const [mine, theirs] = [await startSandboxUpstream(t), await startScriptedServer(t)]
  const { requests } = theirs
  const ids = [await addChannel(server, mine), await addChannel(server, { type: 'sora-relay', baseUrl: theirs.url }, { apiKey: CANARIES[0] })] as const
  await sql`
    update channel_credentials k
    set sealed = other.sealed, fingerprint = other.fingerprint
    from channel_credentials other
    where k.channel_id in (${sql.join(ids)}) and other.channel_id in (${sql.join(ids)}) and other.channel_id <> k.channel_id`.execute(server.db)
  for (const channelId of ids) {
    const { status, videoId } = await server.admin.createTask({ prompt: 'whose key', channelId })
    t.equal(status, 'queued')
    t.match(await server.db.selectFrom('task_attempts').select(['state', 'error_code']).where('task_id', '=', videoId).execute(), [{ state: 'pending', error_code: 'CHANNEL_UNAVAILABLE' }])
    t.notMatch((await server.admin.post(`/api/channels/${channelId}/test`)).json(), { data: { ok: true } })
  }
  t.same([await mine.ledger(), mine.requests().create, requests.length], [[], undefined, 0])
})

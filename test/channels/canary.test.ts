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

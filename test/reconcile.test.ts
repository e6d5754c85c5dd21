import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import t from 'tap'
import { startApp } from './support/app.ts'
import { createEmptyDatabase } from './support/database.ts'
import { SANDBOX_KEY, startSandboxUpstream } from './support/sandbox-upstream.ts'

async function reconcile (args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['server/reconcile.ts', ...args], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [code, out, error] = await Promise.all([new Promise(resolve => child.once('close', resolve)), text(child.stdout), text(child.stderr)])
  return { code, out, error, all: out + error }
}

/** A server on an upstream, and the environment of a command beside it. */
async function start (t: Parameters<typeof startApp>[0], type: 'openai' | 'sora-relay') {
  const upstream = await startSandboxUpstream(t, { type })
  const server = await startApp(t, upstream.env)
  return { upstream, server, env: { DATABASE_URL: server.databaseUrl, DATA_DIR: server.app.config.DATA_DIR } }
}

/** Something made with the same account that this database was never told of. */
async function makeElsewhere (url: string, prompt: string): Promise<string> {
  const body = new FormData()
  body.set('model', 'sora-2')
  body.set('prompt', prompt)
  const response = await fetch(`${url}/v1/videos`, { method: 'POST', headers: { authorization: `Bearer ${SANDBOX_KEY}` }, body })
  return ((await response.json()) as { id: string }).id
}

t.test('what the upstream made and the database does not know is listed', async t => {
  const { upstream, server, env } = await start(t, 'openai')
  const { externalTaskId } = await server.admin.createTask({ prompt: 'known', model: 'sora-2' })
  t.match(await reconcile([], env), { code: 0, out: /^0 unknown jobs since / })

  const stray = await makeElsewhere(upstream.url, 'two\nlines, \u001b[31m and then words enough to fill more than one line of a table')
  const { code, out, all } = await reconcile([], env)
  t.equal(code, 3)
  const [head, row, sum, ...rest] = out.trimEnd().split('\n')
  t.match(head, /^CHANNEL +EXTERNAL ID +CREATED +STATE +MODEL +PROMPT$/)
  t.match(row, new RegExp(`^env +${stray} +\\d{4}-\\d\\d-\\d\\dT\\S+Z +\\w+ +sora-2 +two lines, \\[31m and .*…$`), 'one line that does nothing to a terminal')
  t.match(sum, /^1 unknown job since /)
  t.same(rest, [])
  t.notMatch(out, externalTaskId!)
  t.notMatch(all, SANDBOX_KEY)

  const json = await reconcile(['--json', '--since', new Date(Date.now() - 60_000).toISOString()], env)
  t.equal(json.code, 3)
  t.match(JSON.parse(json.out), { unknown: [{ channel: 'env', externalTaskId: stray, model: 'sora-2', prompt: /^two\s+lines/ }], unlisted: [], failed: [] })
})

t.test('what a restored backup calls queued is not sent before the provider was asked', async t => {
  const upstream = await startSandboxUpstream(t, { type: 'openai' })
  const busy = await startApp(t, { ...upstream.env, ROLES: 'api', SUBMIT_TIMEOUT_MS: '400' })
  await busy.db.updateTable('channels').set({ settings: { concurrency: 1 } }).execute()
  await busy.admin.createTask({ prompt: 'in the way', model: 'sora-2' })
  const receipts = [await busy.admin.createTask({ prompt: 'sent since', model: 'sora-2' }), await busy.admin.createTask({ prompt: 'not sent', model: 'sora-2' })]
  t.same(receipts.map(({ externalTaskId }) => externalTaskId), [null, null])
  // The backup lay there for a while.
  await busy.db.updateTable('task_attempts').set({ created_at: sql`now() - interval '1 hour'` as never }).execute()
  await busy.app.close()

  const made = await makeElsewhere(upstream.url, 'sent since')
  const { code, out } = await reconcile(['--restored'], { DATABASE_URL: busy.databaseUrl, DATA_DIR: busy.app.config.DATA_DIR })
  t.equal(code, 3)
  t.match(out, /^2 queued tasks put in doubt\n/)

  const server = await busy.startSibling(t, { ROLES: 'api,worker' })
  const tasks = await Promise.all(receipts.map(({ videoId }) => server.waitForTask(videoId, 'COMPLETED')))
  t.match(tasks, [{ external_task_id: made, attempt: 1 }, { attempt: 2 }])
  t.equal(await upstream.timesPaid('sent since'), 1)
  t.equal(await upstream.timesPaid('not sent'), 1)
  t.not(server.app.feedEpoch, busy.app.feedEpoch, 'streams begin afresh')
})

t.test('a channel that cannot be asked, or does not answer, is named', async t => {
  const mute = await start(t, 'sora-relay')
  t.match(await reconcile([], mute.env), { code: 0, out: /\ncannot be asked, no list: env\n$/ })

  const broken = await start(t, 'openai')
  broken.upstream.behave('list', { list: { answer: 500 } })
  const { code, out, all } = await reconcile([], broken.env)
  t.equal(code, 1)
  t.match(out, /\ncould not be read: env: .*500/)
  t.notMatch(all, SANDBOX_KEY)
})

t.test('what cannot be done fails with a line that says why', async t => {
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none' }
  t.match(await reconcile([], env), { code: 1, error: /^reconcile: connect ECONNREFUSED[^\n]*\n$/ })
  t.match(await reconcile(['--since', 'yesterday'], env), { code: 2, error: /"yesterday" is no time in the past/ })
  t.match(await reconcile(['--sinse', '1h'], env), { code: 2, error: /--sinse/ })
  t.match(await reconcile([], { DATABASE_URL: await createEmptyDatabase(t) }), { code: 1, error: /npm run migrate/ })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { PASSWORD } from '../support/accounts.ts'
import { startApp } from '../support/app.ts'

const DEMO = new URL('../../server/demo/index.ts', import.meta.url).pathname

/** The command as a person runs it. Whatever it leaves in the temporary folder is `left` behind. */
function runDemo (t: Test, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'))
  const child = spawn(process.execPath, [DEMO, ...args], { env: { ...process.env, TMPDIR: folder, SANDBOX_DURATION_MS: '700', NO_COLOR: '1' } })
  t.teardown(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const ended = (async () => {
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    return { out, err, code, left: readdirSync(folder).filter(name => name.startsWith('reelay-demo-')) }
  })()
  return { child, ended, folder }
}

/** In front of a server: what `change` makes of its answers. */
async function startProxy (t: Test, target: string, change: (path: string, body: string) => string): Promise<string> {
  const forward = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const { authorization, 'content-type': type } = request.headers
    const answer = await fetch(target + request.url, { method: request.method, body: body || null, headers: { ...authorization && { authorization }, ...type && { 'content-type': type }, accept: request.headers.accept! } })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type')! })
    if (answer.headers.get('content-type') === 'text/event-stream') return Readable.fromWeb(answer.body as never).on('error', () => response.destroy()).pipe(response)
    response.end(change(request.url!, await answer.text()))
  }
  const server = createServer((request, response) => { forward(request, response).catch(() => response.destroy()) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('the demo starts a server of its own, tells the report, and leaves nothing behind', async t => {
  const { out, err, code, left } = await runDemo(t).ended
  t.equal(err, '')
  t.equal(code, 0)
  t.match(out, /COMPLETED {3}\d\.\d s in all/)
  t.match(out, /All \d+ answers are the report's/)
  t.same(left, [])
})

t.test('interrupted, it stops its server and removes its folder', async t => {
  const { child, ended, folder } = runDemo(t)
  while (!String(await once(child.stdout, 'data')).includes('Log in'));
  const [dataDir] = readdirSync(folder)
  t.match(dataDir, /^reelay-demo-/)
  child.kill('SIGINT')
  const { err, code, left } = await ended
  t.match(err, /demo: Interrupted/)
  t.equal(code, 1)
  t.same(left, [])
})

t.test('against a running server: 0 when it answers as the report does, 1 and what differs when not', async t => {
  const { app, admin } = await startApp(t, { SANDBOX_DURATION_MS: '700' })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const as = ['--username', admin.username, '--password', PASSWORD]

  t.equal((await runDemo(t, '--url', url, ...as).ended).code, 0)

  const wrong = await startProxy(t, url, (path, body) => path.endsWith('/remix') ? body.replace('remixed_from', 'remixedFrom') : body)
  const { out, code } = await runDemo(t, '--url', wrong, ...as).ended
  t.equal(code, 1)
  t.match(out, /✗ The receipt has the five fields of the report\n.*'remixedFrom'.* instead of .*'remixed_from'/)
})

t.test('what makes the report impossible is one line and exit code 1, or 2 where it was called wrongly', async t => {
  const { app, admin } = await startApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const cases: Array<[args: string[], line: RegExp, code?: number]> = [
    [['--url', url, '--username', admin.username, '--password', 'wrong password'], /demo: POST \/api\/auth\/login answered 401 CREDENTIALS_INVALID/],
    [['--url', 'http://127.0.0.1:1', '--password', PASSWORD], /demo: http:\/\/127\.0\.0\.1:1 cannot be reached/],
    [['--url', url], /demo: Give the password/, 2],
    [['--timeout', 'soon'], /demo: --timeout/, 2]
  ]
  for (const [args, line, exitCode = 1] of cases) {
    const { err, code } = await runDemo(t, ...args).ended
    t.equal(code, exitCode)
    t.match(err.trim(), line)
    t.notMatch(err.trim(), /\n/)
  }
})

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EventSource } from 'eventsource'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { launchBrowser, noBrowser } from '../support/browser.ts'
import { until } from '../support/polling.ts'
import { closedPort } from '../support/scripted-server.ts'

const nginx = await promisify(execFile)('nginx', ['-v']).then(() => true, () => false)

/** nginx as it comes, buffering replies; `location` is what the configuration says of Reelay. */
async function startNginx (t: { teardown (handler: () => unknown): void }, upstreamPort: number, location = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-nginx-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const port = await closedPort()
  await writeFile(join(folder, 'nginx.conf'), `
    daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstreamPort}; ${location} } }
    }`)
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  t.teardown(async () => {
    child.kill('SIGQUIT')
    await Promise.race([once(child, 'exit'), sleep(2_000).then(() => child.kill('SIGKILL'))])
  })
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(`${url}/health`).then(response => response.ok, () => false)) await sleep(50)
  return url
}

/** What the README says of nginx, but for the address, which each test has its own of. */
function readSnippet (): string {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
  const [, location] = /```nginx\n[^`]*location \/ \{([^}]*)\}/.exec(readme)!
  return location!.replace(/proxy_pass [^;]*;/, '')
}

t.test('streams pass a buffering reverse proxy', { skip: nginx ? false : 'nginx is not installed here: streams through a proxy were NOT checked' }, async t => {
  const server = await startApp(t, { SANDBOX_DURATION_MS: '500' })
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const upstreamPort = (server.app.server.address() as AddressInfo).port

  for (const [name, location] of [['as it comes', ''], ['with the README\'s lines', readSnippet()]] as const) {
    const url = await startNginx(t, upstreamPort, location)

    await t.test(`EventSource, nginx ${name}`, async t => {
      const { ticket } = (await server.admin.post('/api/sse/tickets')).json().data
      const source = new EventSource(`${url}/api/sse/task-updates?ticket=${ticket}`)
      t.teardown(() => source.close())
      const statuses: string[] = []
      const done = Promise.withResolvers<void>()
      source.onmessage = ({ data }) => {
        const { type, payload } = JSON.parse(data)
        if (type === 'snapshotEnd') server.admin.createTask().catch(done.reject)
        if (payload) statuses.push(payload.status)
        if (payload?.status === 'COMPLETED') done.resolve()
      }
      const impatience = setTimeout(() => done.reject(new Error(`only ${statuses}`)), 30_000)
      await done.promise
      clearTimeout(impatience)
      t.same([...new Set(statuses)], ['QUEUED', 'PROCESSING', 'COMPLETED'])
    })

    await t.test(`EventSource of Chromium, nginx ${name}`, { skip: noBrowser }, async t => {
      const { ticket } = (await server.admin.post('/api/sse/tickets')).json().data
      const page = await (await launchBrowser(t)).newPage()
      await page.goto(url)
      const watching = page.evaluate((ticket: string) => new Promise<string[]>((resolve, reject) => {
        const { EventSource, document } = globalThis as any
        const source = new EventSource(`/api/sse/task-updates?ticket=${ticket}`)
        const statuses = new Set<string>()
        source.onmessage = ({ data }: { data: string }) => {
          const { type, payload } = JSON.parse(data)
          if (type === 'snapshotEnd') document.title = 'watching'
          if (payload) statuses.add(payload.status)
          if (payload?.status === 'COMPLETED') resolve([...statuses])
        }
        source.onerror = () => reject(new Error('the stream broke off'))
      }), ticket)
      await until(async () => await page.title() === 'watching', 'the snapshot')
      await server.admin.createTask()
      t.same(await watching, ['QUEUED', 'PROCESSING', 'COMPLETED'])
    })

    await t.test(`curl -N, nginx ${name}`, async t => {
      const curl = spawn('curl', ['-sN', '--max-time', '30', '-H', `authorization: ${server.admin.authorization}`, `${url}/api/sse/task-updates`])
      t.teardown(() => curl.kill())
      let text = ''
      for await (const chunk of curl.stdout) {
        const before = text
        text += chunk
        if (!before.includes('snapshotEnd') && text.includes('snapshotEnd')) await server.admin.createTask()
        if (text.includes('"COMPLETED"')) break
      }
      t.match(text, /"QUEUED"[^]*"PROCESSING"[^]*"COMPLETED"/)
    })
  }
})

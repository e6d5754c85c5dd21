import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, receiverUrl } from '../support/receivers.ts'
import { closedPort } from '../support/scripted-server.ts'
import { addWebhook } from '../support/webhooks.ts'

const root = new URL('../../', import.meta.url)
const samples = [...readFileSync(new URL('docs/webhooks.md', root), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(match => match[1]!)
const { db, login } = await startApp(t, {}, { webhookEgress: createReceiverEgress() })

/** Runs a sample as a receiver would, and reads what it prints. */
async function startSample (t: Test, code: string, port: number, secret: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: root, env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret }, stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  child.stdin.end(code)
  const lines = createInterface(child.stdout)
  const next = async () => ((await once(lines, 'line', { signal: AbortSignal.timeout(60_000) })) as [string])[0]
  t.equal(await next(), 'listening')
  return next
}

for (const [index, format] of (['reelay', 'openai'] as const).entries()) {
  t.test(`the receiver of docs/webhooks.md for format ${format} takes what is signed and nothing else`, async t => {
    const client = await login()
    const port = await closedPort()
    const type = format === 'reelay' ? 'task.completed' : 'video.completed'
    const { id, secret } = await addWebhook(client, receiverUrl(port), { format, events: [type] })
    const next = await startSample(t, samples[index]!, port, secret)
    const line = next()
    const { videoId } = await client.createTask()
    t.equal(await line, `${type} ${videoId}`)
    t.match((await client.post(`/api/webhooks/${id}/test`)).json().data, { delivered: true, responseStatus: 204 })
    const { payload } = await db.selectFrom('webhook_deliveries').select('payload').where('endpoint_id', '=', id).executeTakeFirstOrThrow()
    const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: payload, headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,AAAA' } })
    t.equal(forged.status, 401)
  })
}

t.equal(samples.length, 2)

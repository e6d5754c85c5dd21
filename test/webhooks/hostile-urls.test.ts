import t from 'tap'
import { createEgress } from '../../server/upstreams/egress.ts'
import { sendWebhook } from '../../server/webhooks/send-webhook.ts'
import { startApp } from '../support/app.ts'
import { HOSTILE_URLS, lookup } from '../support/hostile-urls.ts'
import { startTcpServer } from '../support/scripted-server.ts'

const canary = { hits: 0 }
const { port } = await startTcpServer(t, socket => { canary.hits++; socket.destroy() })
const { app, db, login } = await startApp(t, { WEBHOOK_ALLOW_HTTP: 'true' }, { webhookEgress: createEgress({ lookup, connectTimeoutMs: 500 }) })
const strict = await startApp(t)

const withPort = HOSTILE_URLS.map(url => url.replace('PORT', String(port)))
const usualPort = HOSTILE_URLS.map(url => url.replace(':PORT', ''))
const urls = [...new Set([...withPort, ...usualPort, ...usualPort.map(url => url.replace(/^http:/, 'https:'))])]

t.test(`${urls.length} addresses that lead inside: none gets a request, whether refused at once or when connected to`, async t => {
  t.ok(urls.length >= 120)
  const client = await login()
  const named = await client.post('/api/webhooks', { url: 'https://loopback.test/' })
  t.equal(named.statusCode, 201, 'a name is looked up when it is connected to')
  const endpoint = await db.selectFrom('webhook_endpoints').selectAll().where('id', '=', named.json().data.id).executeTakeFirstOrThrow()
  for (const url of urls) {
    const changed = await client.inject({ method: 'PATCH', url: `/api/webhooks/${endpoint.id}`, payload: { url } })
    if (changed.statusCode !== 200) {
      t.match(changed.json(), { code: 'REQUEST_INVALID', details: [{ field: 'url' }] }, url)
    } else {
      t.match((await client.post(`/api/webhooks/${endpoint.id}/test`)).json().data, { delivered: false, responseStatus: null, error: /^refused-address/ }, url)
    }
    // As if it had passed the check, or an older one had let it in.
    const sent = await sendWebhook(app.webhooks, { ...endpoint, url }, 'msg_1', '{}', new AbortController().signal)
    t.match(sent, { ok: false, status: null, error: /^refused-address/ }, url)
  }
  t.equal(canary.hits, 0)
  await fetch(`http://127.0.0.1:${port}/`).catch(() => {})
  t.equal(canary.hits, 1, 'the canary does notice')
})

t.test('plain http only where it is allowed, also for a callbackUrl', async t => {
  const [lax, tight] = [await login(), await strict.login()]
  t.equal((await lax.post('/api/webhooks', { url: 'http://example.com/hook' })).statusCode, 201)
  t.match((await tight.post('/api/webhooks', { url: 'http://example.com/hook' })).json(), { code: 'REQUEST_INVALID', details: [{ field: 'url', message: /https/ }] })
  t.match((await tight.post('/api/video/tasks', { prompt: 'x', callbackUrl: 'http://example.com/hook' })).json(), { code: 'REQUEST_INVALID', details: [{ field: 'callbackUrl' }] })
  t.match((await tight.post('/api/video/tasks', { prompt: 'x', callbackUrl: 'https://10.0.0.1/' })).json(), { details: [{ field: 'callbackUrl', message: /private/ }] })
  t.match((await tight.post('/api/webhooks', { url: 'https://me:secret@example.com/' })).json(), { details: [{ field: 'url' }] })
})

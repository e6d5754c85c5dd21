import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import t from 'tap'
import { createEgress } from '../../server/upstreams/egress.ts'
import { sendWebhook } from '../../server/webhooks/send-webhook.ts'
import { startApp } from '../support/app.ts'
import { createReceiverEgress, startReceiver } from '../support/receivers.ts'
import { startTcpServer, text } from '../support/scripted-server.ts'
import { addWebhook } from '../support/webhooks.ts'

const canary = { hits: 0 }
const { port } = await startTcpServer(t, socket => { canary.hits++; socket.destroy() })
const { app, db, login } = await startApp(t, { WEBHOOK_ALLOW_HTTP: 'true' }, { webhookEgress: createReceiverEgress() })

async function endpointAt (url: string) {
  const { id } = await addWebhook(await login(), 'https://hooks.example.com/')
  const endpoint = await db.selectFrom('webhook_endpoints').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  return { ...endpoint, url }
}

t.test('a name that is public when it is looked up first, and private from then on, is refused', async t => {
  let lookups = 0
  const lookup: LookupFunction = (_name, options, callback) => {
    // 2001:4860:: is public: nothing answers there within the time to connect.
    const found: LookupAddress = lookups++ === 0 ? { address: '2001:4860::1', family: 6 } : { address: '127.0.0.1', family: 4 }
    if (options.all) callback(null, [found])
    else callback(null, found.address, found.family)
  }
  const egress = createEgress({ lookup, connectTimeoutMs: 300 })
  t.teardown(() => egress.close())
  const endpoint = await endpointAt('http://rebinding.test/')
  const send = () => sendWebhook({ ...app.webhooks, egress }, endpoint, 'msg_1', '{}', new AbortController().signal)
  t.match(await send(), { ok: false, status: null, error: /^(connect|timeout|reset)/ })
  t.equal(lookups, 1, 'one look-up a connection: what was checked is what is connected to')
  for (let i = 0; i < 3; i++) t.match(await send(), { ok: false, status: null, error: /^refused-address/ })
})

t.test('no redirect is followed, wherever it leads', async t => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [`http://127.0.0.1:${port}/`, `http://[::1]:${port}/`, '//127.0.0.1/', '/again']) {
      const receiver = await startReceiver(t, text('', status, { location }))
      const sent = await sendWebhook(app.webhooks, await endpointAt(receiver.url), 'msg_1', '{}', new AbortController().signal)
      t.match(sent, { ok: false, status, error: `answered ${status}` })
      t.equal(receiver.requests.length, 1)
    }
  }
})

t.equal(canary.hits, 0)

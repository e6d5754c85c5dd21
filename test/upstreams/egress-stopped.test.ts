import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import { createEgress } from '../../server/upstreams/egress.ts'

/** As if the process had been stopped and gone on later. */
function standStill (milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

t.test('a process that stood still while it connected sends nothing when its time is over', async t => {
  let requests = 0
  const server = createServer((req, res) => {
    requests++
    res.end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const egress = createEgress()
  t.teardown(() => egress.close())
  subscribe('net.client.socket', message => {
    // Before anybody else hears that the connection stands.
    (message as { socket: Socket }).socket.once('connect', () => standStill(300))
  })

  const { port } = server.address() as AddressInfo
  const submission = egress.request({ method: 'POST', url: `http://127.0.0.1:${port}/`, body: 'paid', policy: { trust: 'channel' }, signal: AbortSignal.timeout(100), fresh: true })
  await t.rejects(submission, { name: 'EgressError', kind: 'aborted', sent: false })
  t.equal(requests, 0)
})

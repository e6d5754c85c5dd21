import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createEgress } from '../../server/upstreams/egress.ts'

/** As if the process had been stopped and gone on later. */
function standStill (milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

t.test('a process that stood still while it connected sends nothing when its time is over', async t => {
  const { submit, countRequests } = await prepare(t)
  // Before anybody else hears that the connection stands.
  const stop = (message: unknown) => { (message as { socket: Socket }).socket.once('connect', () => standStill(300)) }
  subscribe('net.client.socket', stop)
  t.teardown(() => { unsubscribe('net.client.socket', stop) })
  await t.rejects(submit(), { name: 'EgressError', kind: 'aborted', sent: false })
  t.equal(countRequests(), 0)
})

t.test('in time, it is sent', async t => {
  const { submit, countRequests } = await prepare(t)
  t.equal((await submit()).status, 200)
  t.equal(countRequests(), 1)
})

async function prepare (t: Test) {
  let requests = 0
  const server = createServer((req, res) => {
    requests++
    res.end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const egress = createEgress()
  t.teardown(() => egress.close())
  const { port } = server.address() as AddressInfo
  const submit = () => egress.request({ method: 'POST', url: `http://127.0.0.1:${port}/`, body: 'paid', policy: { trust: 'channel' }, signal: new AbortController().signal, fresh: true, sendBy: performance.now() + 200 })
  return { submit, countRequests: () => requests }
}

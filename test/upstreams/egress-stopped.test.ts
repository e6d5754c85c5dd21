import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
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

t.test('a process that stood still in the middle of a long body does not send the rest of it', async t => {
  const reader = new Worker(new URL('../support/slow-reader.ts', import.meta.url))
  t.teardown(() => reader.terminate())
  const [port] = await once(reader, 'message')
  const egress = createEgress()
  t.teardown(() => egress.close())
  const body = Buffer.alloc(32 * 1024 * 1024, 'paid ')
  const submission = egress.request({ method: 'POST', url: `http://127.0.0.1:${port}/`, body, policy: { trust: 'channel' }, signal: new AbortController().signal, fresh: true, sendBy: performance.now() + 1_000 })
  submission.catch(() => {})
  // Connected; then what the connection holds without a reader is on its way.
  await once(reader, 'message')
  await sleep(200)
  reader.postMessage('read')
  standStill(1_500)
  await t.rejects(submission, { name: 'EgressError', kind: 'aborted', sent: true })
  const [received] = await once(reader, 'message')
  t.ok(received > 0 && received < body.length, `${received} bytes came`)
})

t.test('a long body arrives whole', async t => {
  const { egress, url } = await listen(t, (req, res) => { req.toArray().then(parts => res.end(Buffer.concat(parts)), () => {}) })
  const body = randomBytes(1024 * 1024 + 7)
  const reply = await egress.request({ method: 'POST', url, body, policy: { trust: 'channel' }, signal: new AbortController().signal, fresh: true, sendBy: performance.now() + 60_000 })
  t.ok(reply.body.equals(body))
})

async function prepare (t: Test) {
  let requests = 0
  const { egress, url } = await listen(t, (_req, res) => {
    requests++
    res.end('{}')
  })
  const submit = () => egress.request({ method: 'POST', url, body: 'paid', policy: { trust: 'channel' }, signal: new AbortController().signal, fresh: true, sendBy: performance.now() + 200 })
  return { submit, countRequests: () => requests }
}

async function listen (t: Test, answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const egress = createEgress()
  t.teardown(() => egress.close())
  return { egress, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

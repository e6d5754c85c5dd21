import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import closingPlugin from '../../plugins/closing.ts'
import errorHandlerPlugin from '../../plugins/error-handler.ts'
import localePlugin from '../../plugins/locale.ts'
import { loadConfig } from '../../server/config.ts'

t.test('while the server finishes what it has begun, new requests are sent elsewhere and told when to come again', async t => {
  const app = await build()
  const finishing = Promise.withResolvers<void>()
  const closing = Promise.withResolvers<void>()
  app.addHook('preClose', async () => {
    closing.resolve()
    await finishing.promise
  })
  app.get('/', async () => 'served')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal(await (await fetch(url)).text(), 'served')

  const closed = app.close()
  await closing.promise
  const refused = await fetch(url)
  t.equal(refused.status, 503)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.equal(refused.headers.get('connection'), 'close')
  t.match(await refused.json(), { success: false, code: 'SERVER_STOPPING', hint: String })
  const lost = await fetch(`${url}/nowhere`)
  t.equal(lost.status, 503)

  finishing.resolve()
  await closed
})

t.test('connections kept alive do not hold up the stop, whenever their last reply ends', async t => {
  const app = await build()
  const finishing = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  app.get('/later', async () => {
    begun.resolve()
    await finishing.promise
    return 'served'
  })
  app.get('/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.write('the beginning')
    finishing.promise.then(() => reply.raw.end(' and the end'))
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  // Both clients would use their connections again.
  const stream = await fetch(`${url}/stream`)
  const inFlight = fetch(`${url}/later`)
  await begun.promise

  const closed = app.close()
  // Idle connections are closed at this moment; these two are not idle yet.
  while (app.server.listening) await sleep(10)
  finishing.resolve()
  const reply = await inFlight
  t.equal(reply.headers.get('connection'), 'close')
  t.equal(await reply.text(), 'served')
  t.equal(await stream.text(), 'the beginning and the end')
  const since = performance.now()
  await closed
  t.ok(performance.now() - since < 10_000, 'not as long as connections are kept alive')
})

t.test('what ends before the requests do ends side by side', async t => {
  const app = await build()
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  app.stopFirst('first', () => {
    first.resolve()
    return second.promise
  })
  // Would never end if it were asked only after the first.
  app.stopFirst('second', async () => {
    await first.promise
    second.resolve()
  })
  await app.ready()
  await app.close()
})

/** Soon over, in their order. */
const SHORT = { work: 300, requests: 600, resources: 900 }
/** Far more than all of them, on a busy machine. */
const IN_TIME_MS = 10_000

t.test('work and resources that never end are left behind, and the others get their turn', async t => {
  const app = await build(SHORT)
  const ended: string[] = []
  app.stopFirst('hangs', () => new Promise(() => {}))
  app.stopFirst('fails', async () => { throw new Error('failed') })
  app.stopFirst('works', () => { ended.push('work') })
  app.release('first acquired', () => { ended.push('first acquired') })
  app.release('hangs', () => new Promise(() => {}))
  app.release('fails', async () => { throw new Error('failed') })
  app.release('last acquired', () => { ended.push('last acquired') })
  await app.listen({ port: 0, host: '127.0.0.1' })
  await closeInTime(t, app)
  t.same(ended, ['work', 'last acquired', 'first acquired'])
})

t.test('a request that never ends is broken off', async t => {
  const app = await build(SHORT)
  const begun = Promise.withResolvers<void>()
  app.get('/', () => {
    begun.resolve()
    return new Promise(() => {})
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const lost = t.rejects(fetch(url))
  await begun.promise
  await closeInTime(t, app)
  await lost
})

for (const [what, bytes] of [['has sent nothing yet', ''], ['has sent half a request', 'GET / HTTP/1.1\r\nHost:']] as const) {
  t.test(`a connection that ${what} does not hold up the stop`, async t => {
    const app = await build()
    app.get('/', async () => 'served')
    await app.listen({ port: 0, host: '127.0.0.1' })
    const accepted = once(app.server, 'connection')
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(bytes)
    await accepted
    const closed = once(socket, 'close')
    await closeInTime(t, app)
    await closed
  })
}

async function build (shares?: typeof SHORT) {
  const app = Fastify({ return503OnClosing: false })
  app.decorate('config', loadConfig({}))
  await app.register(localePlugin)
  await app.register(errorHandlerPlugin)
  await app.register(closingPlugin, { shares })
  return app
}

async function closeInTime (t: Test, app: Awaited<ReturnType<typeof build>>): Promise<void> {
  const since = performance.now()
  await app.close()
  t.ok(performance.now() - since < IN_TIME_MS, 'it closed in time')
}

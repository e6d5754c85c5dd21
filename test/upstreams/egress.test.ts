import { getEventListeners, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { createEgress, type EgressCall, type EgressOptions, type EgressRequest } from '../../server/upstreams/egress.ts'
import { closedPort, drop, json, startScriptedServer, startTcpServer, text } from '../support/scripted-server.ts'

const failureOf = (promise: Promise<unknown>) => promise.then(() => 'no failure', (error: unknown) => error)
const never = new AbortController().signal

function build (t: Test, options?: EgressOptions) {
  const egress = createEgress(options)
  t.teardown(() => egress.close())
  return {
    egress,
    get: (url: string, extra: Partial<EgressRequest> = {}) => egress.request({ method: 'GET', url, policy: { trust: 'channel' }, signal: never, ...extra }),
    post: (url: string, extra: Partial<EgressRequest> = {}) => egress.request({ method: 'POST', url, body: 'paid', policy: { trust: 'channel' }, signal: never, fresh: true, ...extra }),
    stream: (url: string, extra: Partial<EgressCall> = {}) => egress.stream({ method: 'GET', url, policy: { trust: 'channel' }, signal: never, ...extra })
  }
}

t.test('a reply comes back with status, headers and body, and nothing compressed is asked for', async t => {
  const server = await startScriptedServer(t, json({ id: 'a' }, 202, { 'x-request-id': 'r1' }))
  const { get } = build(t)

  const reply = await get(`${server.url}/videos?limit=1`, { headers: { authorization: 'key' } })
  t.equal(reply.status, 202)
  t.equal(reply.headers['x-request-id'], 'r1')
  t.same(JSON.parse(reply.body.toString()), { id: 'a' })
  t.match(server.requests, [{ method: 'GET', path: '/videos?limit=1', headers: { authorization: 'key', 'accept-encoding': 'identity' } }])
})

t.test('calls share connections, a fresh one does not', async t => {
  const server = await startScriptedServer(t)
  const { get, post } = build(t)

  for (let call = 0; call < 10; call++) await get(server.url)
  // One is busy for a moment longer than its call.
  t.ok(server.connections <= 2)
  const { connections } = server
  await post(server.url)
  await post(server.url)
  t.equal(server.connections, connections + 2)
  t.equal(server.requests.at(-1)!.headers.connection, 'close')
})

t.test('sent is false only when no byte can have left', async t => {
  t.test('nobody listens', async t => {
    const { post } = build(t)
    t.match(await failureOf(post(`http://127.0.0.1:${await closedPort()}/`)), { name: 'EgressError', kind: 'connect', sent: false })
  })

  t.test('the host name is not known', async t => {
    const { post } = build(t, { lookup: (_name, _options, callback) => callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []) })
    t.match(await failureOf(post('http://upstream.test/')), { kind: 'connect', sent: false })
  })

  t.test('the name server does not answer', async t => {
    const { post } = build(t, { lookup: () => {}, connectTimeoutMs: 50 })
    t.match(await failureOf(post('http://upstream.test/')), { kind: 'timeout', sent: false })
  })

  t.test('TLS fails', async t => {
    const plain = await startTcpServer(t, socket => { socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')) })
    const { post } = build(t)
    t.match(await failureOf(post(plain.url.replace('http', 'https'))), { kind: 'connect', sent: false })
  })

  t.test('TLS never comes about', async t => {
    const silent = await startTcpServer(t, () => {})
    const { post } = build(t, { connectTimeoutMs: 50 })
    t.match(await failureOf(post(silent.url.replace('http', 'https'))), { kind: 'timeout', sent: false })
  })

  t.test('the caller had already given up', async t => {
    const server = await startScriptedServer(t)
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { signal: AbortSignal.abort() })), { kind: 'aborted', sent: false })
    t.equal(server.connections, 0)
  })

  t.test('the caller gives up while connecting', async t => {
    const controller = new AbortController()
    const { post } = build(t, { lookup: () => controller.abort() })
    t.match(await failureOf(post('http://upstream.test/', { signal: controller.signal })), { kind: 'aborted', sent: false })
  })

  t.test('the caller gives up while waiting for a connection', async t => {
    const arrived = Promise.withResolvers<ServerResponse>()
    const server = await startScriptedServer(t, response => arrived.resolve(response))
    const { get } = build(t, { connections: 1 })
    const controller = new AbortController()
    const first = get(`${server.url}/first`)
    const response = await arrived.promise
    const second = get(`${server.url}/second`, { signal: controller.signal })
    controller.abort()
    t.match(await failureOf(second), { kind: 'aborted', sent: false })

    server.answer = json({})
    response.end()
    await first
    await get(`${server.url}/third`)
    t.same(server.requests.map(({ path }) => path), ['/first', '/third'])
  })

  t.test('the client is closed', async t => {
    const server = await startScriptedServer(t)
    const { get, post, egress } = build(t)
    await egress.close()
    t.match(await failureOf(post(server.url)), { kind: 'aborted', sent: false })
    t.match(await failureOf(get(server.url)), { kind: 'aborted', sent: false })
    t.equal(server.connections, 0)
  })

  t.test('a header that cannot be sent', async t => {
    const server = await startScriptedServer(t)
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { headers: { authorization: 'two\r\nlines' } })), { kind: 'protocol', sent: false })
    t.equal(server.requests.length, 0)
  })
})

t.test('sent is true as soon as bytes may have left', async t => {
  t.test('the connection is accepted and closed', async t => {
    const server = await startTcpServer(t, socket => socket.end())
    const { post } = build(t)
    t.match(await failureOf(post(server.url)), { kind: 'reset', sent: true })
  })

  t.test('the connection is reset after the request', async t => {
    const server = await startScriptedServer(t, drop())
    const { post } = build(t)
    t.match(await failureOf(post(server.url)), { kind: 'reset', sent: true })
    t.equal(server.requests.length, 1)
  })

  t.test('the connection is reset while the request is being read', async t => {
    const server = await startTcpServer(t, socket => { socket.once('data', () => socket.resetAndDestroy()) })
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { body: Buffer.alloc(8 * 1024 * 1024) })), { kind: 'reset', sent: true })
  })

  t.test('no answer ever comes', async t => {
    const server = await startScriptedServer(t, () => {})
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { timeouts: { headers: 50 } })), { kind: 'timeout', sent: true })
  })

  t.test('the head never ends', async t => {
    const server = await startTcpServer(t, socket => { socket.write('HTTP/1.1 200 OK\r\nx-slow: ') })
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { timeouts: { headers: 50 } })), { kind: 'timeout', sent: true })
  })

  t.test('the body stops half way', async t => {
    const server = await startScriptedServer(t, response => { response.writeHead(200, { 'content-length': 10 }).write('half') })
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { timeouts: { idle: 50 } })), { kind: 'timeout', sent: true })
  })

  t.test('the body drips', async t => {
    const server = await startScriptedServer(t, response => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 10)
      response.once('close', () => clearInterval(drip))
    })
    const { post } = build(t)
    t.match(await failureOf(post(server.url, { timeouts: { idle: 500, total: 100 } })), { kind: 'timeout', sent: true })
  })

  t.test('informational heads never end', async t => {
    const server = await startTcpServer(t, socket => {
      const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 10)
      socket.once('close', () => clearInterval(drip))
    })
    const { post, stream } = build(t)
    t.match(await failureOf(post(server.url, { timeouts: { total: 100 } })), { kind: 'timeout', sent: true })
    t.match(await failureOf(stream(server.url, { timeouts: { total: 100 } })), { kind: 'timeout', sent: true })
  })

  t.test('the connection closes in the body', async t => {
    const server = await startScriptedServer(t, response => {
      response.writeHead(200, { 'content-length': 10 }).write('half', () => response.socket!.end())
    })
    const { post } = build(t)
    t.match(await failureOf(post(server.url)), { kind: /reset|protocol/, sent: true })
  })

  t.test('the answer is not HTTP', async t => {
    const server = await startTcpServer(t, socket => { socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n')) })
    const { post } = build(t)
    t.match(await failureOf(post(server.url)), { kind: 'protocol', sent: true })
  })

  t.test('the head is endless', async t => {
    const server = await startTcpServer(t, socket => { socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(100_000)}`)) })
    const { post } = build(t)
    t.match(await failureOf(post(server.url)), { kind: /too-large|protocol/, sent: true })
  })

  t.test('the caller gives up, and the connection is closed', { timeout: 10_000 }, async t => {
    for (const fresh of [true, false]) {
      const controller = new AbortController()
      const closed = Promise.withResolvers<void>()
      const server = await startScriptedServer(t, response => {
        response.once('close', closed.resolve)
        controller.abort()
      })
      const { post } = build(t)
      t.match(await failureOf(post(server.url, { fresh, signal: controller.signal })), { kind: 'aborted', sent: true })
      await closed.promise
    }
  })
})

t.test('a reply is cut off at its cap, announced or not', async t => {
  const server = await startScriptedServer(t, text('x'.repeat(1001)))
  const { get } = build(t)
  t.match(await failureOf(get(server.url, { maxBytes: 1000 })), { kind: 'too-large', sent: true })

  server.answer = response => { response.write('x'.repeat(600), () => response.end('x'.repeat(600))) }
  t.match(await failureOf(get(server.url, { maxBytes: 1000 })), { kind: 'too-large', sent: true })

  server.answer = text('x'.repeat(1000))
  t.equal((await get(server.url, { maxBytes: 1000 })).body.length, 1000)
})

t.test('the cap is 2 MiB unless told otherwise', async t => {
  const server = await startScriptedServer(t, text('x'.repeat(2 * 1024 * 1024 + 1)))
  t.match(await failureOf(build(t).get(server.url)), { kind: 'too-large' })
})

t.test('a compressed reply is refused', async t => {
  const bomb = gzipSync(Buffer.alloc(1024 * 1024))
  const server = await startScriptedServer(t, response => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb) })
  const { get, stream } = build(t)
  t.match(await failureOf(get(server.url)), { kind: 'protocol' })
  t.match(await failureOf(stream(server.url)), { kind: 'protocol' })
})

t.test('the environment\'s proxies are not used', async t => {
  const server = await startScriptedServer(t)
  const proxy = await startScriptedServer(t)
  process.env.HTTP_PROXY = proxy.url
  process.env.http_proxy = proxy.url
  t.teardown(() => { delete process.env.HTTP_PROXY; delete process.env.http_proxy })
  await build(t).get(server.url)
  t.equal(proxy.connections, 0)
})

t.test('a thousand calls may share one signal', async t => {
  const warned: unknown[] = []
  const onWarning = (warning: unknown) => warned.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const server = await startScriptedServer(t)
  const { get } = build(t, { connections: 16 })
  await Promise.all(Array.from({ length: 1000 }, () => get(server.url)))
  t.ok(server.connections <= 16)
  t.same(warned, [])
})

t.test('a signal that calls share ends those that are still under way, however many came and went before', async t => {
  const controller = new AbortController()
  let answer = true
  const server = await startScriptedServer(t, response => { if (answer) response.end('{}') })
  const { get } = build(t)
  const call = () => get(server.url, { signal: controller.signal })
  await Promise.all([call(), call()])
  t.equal(getEventListeners(controller.signal, 'abort').length, 0, 'no trace of them is left')
  await Promise.all([call(), call()])
  answer = false
  const held = Array.from({ length: 20 }, () => failureOf(call()))
  t.equal(getEventListeners(controller.signal, 'abort').length, 1)
  controller.abort()
  for (const failure of await Promise.all(held)) t.match(failure, { kind: 'aborted' })
})

t.test('a stream', async t => {
  t.test('hands on status, headers and bytes', async t => {
    const server = await startScriptedServer(t, (response, { headers }) => { response.writeHead(206, { 'content-range': 'bytes 1-3/9', 'x-range': headers.range! }).end('abc') })
    const { stream } = build(t)
    const { status, headers, body } = await stream(server.url, { headers: { range: 'bytes=1-3' } })
    t.equal(status, 206)
    t.match(headers, { 'content-range': 'bytes 1-3/9', 'x-range': 'bytes=1-3' })
    t.equal(Buffer.concat(await body.toArray()).toString(), 'abc')
  })

  t.test('has no total, and no cap', async t => {
    const server = await startScriptedServer(t, async response => {
      for (let chunk = 0; chunk < 10; chunk++) {
        response.write(Buffer.alloc(512 * 1024))
        await delay(20)
      }
      response.end()
    })
    const { body } = await build(t).stream(server.url, { timeouts: { total: 100 } })
    t.equal(Buffer.concat(await body.toArray()).length, 5 * 1024 * 1024)
  })

  t.test('ends with an error when nothing comes any more', async t => {
    const server = await startScriptedServer(t, response => { response.writeHead(200).write('first') })
    const { body } = await build(t).stream(server.url, { timeouts: { idle: 50 } })
    t.match(await failureOf(body.toArray()), { name: 'EgressError', kind: 'timeout' })
  })

  t.test('that breaks before anybody reads harms nobody, and its reader hears of it', async t => {
    const server = await startScriptedServer(t, response => { response.writeHead(200, { 'content-length': 10 }).write('half', () => response.socket!.resetAndDestroy()) })
    const { body } = await build(t).stream(server.url)
    await new Promise(resolve => { body.once('close', resolve) })
    t.match(await failureOf(body.toArray()), { kind: /reset|protocol/ })
  })

  t.test('holds the upstream back while nobody reads', async t => {
    const total = 64 * 1024 * 1024
    let written = 0
    const server = await startScriptedServer(t, async response => {
      const chunk = Buffer.alloc(64 * 1024)
      while (written < total) {
        written += chunk.length
        if (!response.write(chunk)) await once(response, 'drain')
      }
      response.end()
    })
    const { body } = await build(t).stream(server.url)
    await delay(200)
    t.ok(written < total / 2, `${written} bytes were taken`)

    let read = 0
    for await (const chunk of body) read += chunk.length
    t.equal(read, total)
  })

  t.test('that its reader leaves closes the upstream\'s connection', { timeout: 10_000 }, async t => {
    const gone = Promise.withResolvers<void>()
    const server = await startScriptedServer(t, response => {
      response.once('close', gone.resolve)
      response.writeHead(200).write('first')
    })
    const { body } = await build(t).stream(server.url)
    await once(body, 'readable')
    body.destroy()
    await gone.promise
  })

  t.test('ends when its signal does', async t => {
    const controller = new AbortController()
    const server = await startScriptedServer(t, response => { response.writeHead(200).write('first') })
    const { body } = await build(t).stream(server.url, { signal: controller.signal })
    controller.abort()
    t.match(await failureOf(body.toArray()), { kind: 'aborted' })
  })
})

t.test('a stream is sent as it is, with the length that was given', async t => {
  const server = await startScriptedServer(t)
  const { post } = build(t)
  await post(server.url, { body: Readable.from([Buffer.from('a vi'), Buffer.from('deo')]), headers: { 'content-length': '7' } })
  const [{ body, headers }] = server.requests as [typeof server.requests[number]]
  t.equal(body.toString(), 'a video')
  t.match(headers, { 'content-length': '7', 'transfer-encoding': undefined })
  t.match(await failureOf(post(server.url, { body: Readable.from(['short']), headers: { 'content-length': '7' } })), { name: 'EgressError', kind: 'protocol' })
  const broken = Readable.from((async function * () { throw new Error('the disk') })())
  t.match(await failureOf(post(server.url, { body: broken, headers: { 'content-length': '7' } })), { name: 'EgressError', message: 'the disk' })
})

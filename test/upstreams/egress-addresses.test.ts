import t, { type Test } from 'tap'
import { isPublicAddress } from '../../server/upstreams/egress-addresses.ts'
import { createEgress, type EgressPolicy } from '../../server/upstreams/egress.ts'
import { HOSTILE_URLS, lookup } from '../support/hostile-urls.ts'
import { json, startScriptedServer, startTcpServer } from '../support/scripted-server.ts'

const failureOf = (promise: Promise<unknown>) => promise.then(() => 'no failure', (error: unknown) => error)
const REFUSED = { name: 'EgressError', kind: 'refused-address' }
const UPSTREAM: EgressPolicy = { trust: 'upstream', channelHost: 'relay.test' }

function build (t: Test) {
  const egress = createEgress({ lookup, connectTimeoutMs: 500 })
  t.teardown(() => egress.close())
  const call = (url: string, policy: EgressPolicy) => ({ method: 'GET' as const, url, policy, signal: new AbortController().signal })
  return {
    get: (url: string, policy: EgressPolicy, redirects: 0 | 3 = 0) => egress.request({ ...call(url, policy), redirects, headers: { authorization: 'Bearer secret', 'api-key': 'secret', cookie: 'secret', range: 'bytes=0-1' } }),
    getFresh: (url: string, policy: EgressPolicy) => egress.request({ ...call(url, policy), fresh: true }),
    stream: (url: string, policy: EgressPolicy) => egress.stream({ ...call(url, policy), redirects: 3 })
  }
}

async function startCanary (t: Test) {
  const canary = { hits: 0, port: 0 }
  canary.port = (await startTcpServer(t, socket => { canary.hits++; socket.destroy() })).port
  return canary
}

t.test('no URL that a user or an upstream names leads to an address that is not public', async t => {
  const canary = await startCanary(t)
  const { get, getFresh, stream } = build(t)
  for (const pattern of HOSTILE_URLS) {
    const url = pattern.replace('PORT', String(canary.port))
    const defaultPort = pattern.replace(':PORT', '')
    for (const policy of [UPSTREAM, { trust: 'user' }, { trust: 'user', allowHttp: true }] satisfies EgressPolicy[]) {
      t.match(await failureOf(get(url, policy)), { ...REFUSED, sent: false }, `${policy.trust}: ${pattern}`)
    }
    t.match(await failureOf(get(defaultPort, { trust: 'user', allowHttp: true })), { ...REFUSED, sent: false }, `user: ${defaultPort}`)
    t.match(await failureOf(getFresh(url, UPSTREAM)), REFUSED, `on a connection of its own: ${pattern}`)
    t.match(await failureOf(stream(url, UPSTREAM)), REFUSED, `as a stream: ${pattern}`)
  }
  t.equal(canary.hits, 0)

  await failureOf(get(`http://127.0.0.1:${canary.port}/`, { trust: 'channel' }))
  t.equal(canary.hits, 1, 'the canary does notice')
})

t.test('a connection opened for a channel never carries a call to a URL of less trust', async t => {
  const server = await startScriptedServer(t)
  const { get } = build(t)
  await get(server.url, { trust: 'channel' })
  t.match(await failureOf(get(server.url, UPSTREAM)), REFUSED)
  t.equal(server.requests.length, 1)
})

t.test('users get https on its usual port, or http where that is allowed', async t => {
  const { get } = build(t)
  t.match(await failureOf(get('http://8.8.8.8/', { trust: 'user' })), { ...REFUSED, message: /https/ })
  t.match(await failureOf(get('https://8.8.8.8:8443/', { trust: 'user' })), { ...REFUSED, message: /port 8443/ })
  t.match(await failureOf(get('https://8.8.8.8:22/', { trust: 'user', allowHttp: true })), { ...REFUSED, message: /port 22/ })
})

t.test('an upstream may name the host of its channel, on any port, and a channel any address', async t => {
  const server = await startScriptedServer(t)
  const { get } = build(t)
  t.equal((await get(`http://relay.test:${server.port}/`, UPSTREAM)).status, 200)
  t.equal((await get(`http://127.0.0.1:${server.port}/`, { trust: 'upstream', channelHost: '127.0.0.1' })).status, 200)
  t.equal((await get(`http://loopback.test:${server.port}/`, { trust: 'channel' })).status, 200)
  t.match(await failureOf(get(`http://user:pw@127.0.0.1:${server.port}/`, { trust: 'channel' })), REFUSED)
})

t.test('redirects', async t => {
  const canary = await startCanary(t)

  t.test('are not followed unless asked for', async t => {
    const server = await startScriptedServer(t, json({}, 302, { location: `http://127.0.0.1:${canary.port}/` }))
    t.equal((await build(t).get(server.url, { trust: 'channel' })).status, 302)
  })

  t.test('keep the credentials on their origin and nowhere else', async t => {
    const other = await startScriptedServer(t)
    const server = await startScriptedServer(t, (response, request) => {
      const location = request.path === '/start' ? '/next' : `http://relay.test:${other.port}/end`
      response.writeHead(307, { location }).end()
    })
    const { get } = build(t)
    t.equal((await get(`http://relay.test:${server.port}/start`, { trust: 'channel' }, 3)).status, 200)
    t.match(server.requests, [{ headers: { authorization: 'Bearer secret' } }, { path: '/next', headers: { authorization: 'Bearer secret', cookie: 'secret' } }])
    t.match(other.requests, [{ path: '/end', headers: { authorization: undefined, 'api-key': undefined, cookie: undefined, range: 'bytes=0-1' } }])
  })

  t.test('do not bring the credentials back', async t => {
    const server = await startScriptedServer(t, (response, request) => {
      if (request.path === '/start') response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end()
      else json({})(response, request)
    })
    const other = await startScriptedServer(t, json({}, 302, { location: `${server.url}/end` }))
    await build(t).get(`${server.url}/start`, { trust: 'channel' }, 3)
    t.match(server.requests, [{ headers: { authorization: 'Bearer secret' } }, { path: '/end', headers: { authorization: undefined } }])
  })

  t.test('of a channel lead no further than a URL in its reply would', async t => {
    const server = await startScriptedServer(t)
    const { get, stream } = build(t)
    for (const location of ['http://169.254.169.254/latest/meta-data/', `http://loopback.test:${canary.port}/`, `http://[::1]:${canary.port}/`, 'file:///etc/passwd', `//loopback.test:${canary.port}/`, `http://user@127.0.0.1:${canary.port}/`]) {
      server.answer = json({}, 302, { location })
      t.match(await failureOf(get(server.url, { trust: 'channel' }, 3)), { ...REFUSED, sent: true }, location)
      t.match(await failureOf(stream(server.url, { trust: 'channel' })), REFUSED, location)
    }
    t.equal(canary.hits, 0)
  })

  t.test('end after three', async t => {
    const server = await startScriptedServer(t, json({}, 302, { location: '/again' }))
    const reply = await build(t).get(server.url, { trust: 'channel' }, 3)
    t.equal(reply.status, 302)
    t.equal(server.requests.length, 4)
  })

  t.test('that lead nowhere are an error', async t => {
    const server = await startScriptedServer(t, json({}, 302, { location: 'http://[' }))
    t.match(await failureOf(build(t).get(server.url, { trust: 'channel' }, 3)), { kind: 'protocol', sent: true })
  })

  t.test('of a POST are never followed', async t => {
    const server = await startScriptedServer(t, json({}, 307, { location: '/elsewhere' }))
    const egress = createEgress()
    t.teardown(() => egress.close())
    const reply = await egress.request({ method: 'POST', url: server.url, policy: { trust: 'channel' }, signal: new AbortController().signal, redirects: 3 })
    t.equal(reply.status, 307)
    t.equal(server.requests.length, 1)
  })
})

t.test('public is what lies on the open internet, and nothing else', async t => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2001:4860:4860::8888', '2606:4700::1111']) t.ok(isPublicAddress(address), address)
  for (const address of ['', 'localhost', '127.0.0.1', '0.0.0.0', '::1', '::8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::', '4000::1', '5f00::1', 'fe80::1%eth0']) t.notOk(isPublicAddress(address), address)
})

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { startContentApp } from '../../../support/content-app.ts'
import { json, text, type Answer, type SeenRequest } from '../../../support/scripted-server.ts'

const { upstream, addTask, sign } = await startContentApp(t)
const video = randomBytes(300_000)
const url = sign(await addTask())
const etag = (await fetchContent({ method: 'HEAD' }, serveRanges())).headers.get('etag')!

/** Upstreams as they are found: each with another idea of ranges and lengths. */
const upstreams: Record<string, Answer> = {
  'honours ranges': serveRanges(),
  'ignores ranges': response => { response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': video.length }).end(video) },
  'ignores ranges and hides the length': response => { response.writeHead(200, { 'content-type': 'video/mp4' }).write(video, () => response.end()) },
  'sends another part than was asked for': (response, request) => {
    if (!request.headers.range) return serveRanges()(response, request)
    response.writeHead(206, { 'content-type': 'video/mp4', 'content-range': `bytes 5-9/${video.length}`, 'content-length': 5 }).end(video.subarray(5, 10))
  },
  'sends a part without saying which': (response, request) => {
    if (!request.headers.range) return serveRanges()(response, request)
    response.writeHead(206, { 'content-type': 'video/mp4' }).end('?')
  },
  'refuses every range': (response, request) => {
    if (!request.headers.range) return serveRanges()(response, request)
    response.writeHead(416).end()
  }
}

for (const [name, answer] of Object.entries(upstreams)) {
  t.test(`from an upstream that ${name}: the whole, every kind of range, and HEAD`, async t => {
    const whole = await fetchContent({}, answer)
    t.equal(whole.status, 200)
    t.equal(whole.headers.get('accept-ranges'), 'bytes')
    t.ok((await bytes(whole)).equals(video))

    const ranges = { 'bytes=0-0': [0, 0], 'bytes=100-200': [100, 200], 'bytes=299990-': [299_990, 299_999], 'bytes=-10': [299_990, 299_999], 'bytes=0-': [0, 299_999], 'bytes=200000-999999': [200_000, 299_999] } as const
    for (const [range, [start, end]] of Object.entries(ranges)) {
      const part = await fetchContent({ headers: { range } }, answer)
      t.equal(part.status, 206, range)
      t.equal(part.headers.get('content-range'), `bytes ${start}-${end}/300000`, range)
      t.equal(part.headers.get('content-length'), String(end - start + 1), range)
      t.ok((await bytes(part)).equals(video.subarray(start, end + 1)), range)
    }

    const head = await fetchContent({ method: 'HEAD' }, answer)
    t.equal(head.status, 200)
    t.equal(head.headers.get('content-length'), '300000')
    t.equal(head.headers.get('content-type'), 'video/mp4')
    t.equal((await bytes(head)).length, 0)

    const outside = await fetchContent({ headers: { range: 'bytes=300000-' } }, answer)
    t.equal(outside.status, 416)
    t.equal(outside.headers.get('content-range'), 'bytes */300000')
    t.match(await outside.json(), { success: false, code: 'RANGE_INVALID' })
  })
}

t.test('several ranges at once are refused, units we do not know are left alone', async t => {
  for (const range of ['bytes=0-1,5-9', 'bytes=9-5', 'bytes=x']) {
    const response = await fetchContent({ headers: { range } })
    t.equal(response.status, 416, range)
    t.equal(response.headers.get('content-range'), 'bytes */300000', range)
  }
  t.equal((await fetchContent({ headers: { range: 'seconds=0-1' } })).status, 200)
})

t.test('a HEAD asks the upstream for one byte, whatever range it names', async t => {
  upstream.requests.length = 0
  const response = await fetchContent({ method: 'HEAD', headers: { range: 'bytes=5-9,20-29' } })
  t.equal(response.status, 200)
  t.same(upstream.requests.map(request => [request.method, request.headers.range]), [['GET', 'bytes=0-0']])
})

t.test('who has it already gets 304, without the upstream being asked', async t => {
  upstream.requests.length = 0
  for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const response = await fetchContent({ headers: { 'if-none-match': ifNoneMatch, range: 'bytes=0-1' } })
    t.equal(response.status, 304, ifNoneMatch)
    t.equal(response.headers.get('etag'), etag)
  }
  t.equal(upstream.requests.length, 0)
  t.equal((await fetchContent({ headers: { 'if-none-match': '"other"' } })).status, 200)
})

t.test('If-Range: the part of the same video, the whole of another', async t => {
  const same = await fetchContent({ headers: { range: 'bytes=0-1', 'if-range': etag } })
  t.equal(same.status, 206)
  for (const ifRange of ['"other"', `W/${etag}`, 'Wed, 21 Oct 2026 07:28:00 GMT']) {
    const other = await fetchContent({ headers: { range: 'bytes=0-1', 'if-range': ifRange } })
    t.equal(other.status, 200, ifRange)
  }
})

t.test('what comes is a video under a name of ours, and can be nothing else', async t => {
  const { headers } = await fetchContent({}, response => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': video.length, 'set-cookie': 'a=b', 'content-disposition': 'attachment; filename="evil.html"', 'x-upstream': 'yes' }).end(video)
  })
  t.match(headers.get('content-disposition'), /^inline; filename="video_\d{13}_\w{7}\.mp4"$/)
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'")
  t.match(headers.get('cache-control'), /^private, max-age=\d+$/)
  t.equal(headers.get('set-cookie'), null)
  t.equal(headers.get('x-upstream'), null)

  const download = await fetch(`${url}&download=1`)
  t.match(download.headers.get('content-disposition'), /^attachment; /)
})

t.test('what an object store calls octet-stream is a video all the same', async t => {
  for (const type of ['application/octet-stream', 'binary/octet-stream; charset=binary', 'VIDEO/MP4', 'video/x-odd']) {
    const response = await fetchContent({}, (response) => { response.writeHead(200, { 'content-type': type }).end(video) })
    t.equal(response.headers.get('content-type'), 'video/mp4', type)
  }
})

t.test('an upstream\'s error page is never sent on', async t => {
  const broken: Record<string, Answer> = {
    'HTML with 200': text('<script>alert(1)</script>', 200, { 'content-type': 'text/html' }),
    'JSON with 200': json({ error: 'no' }),
    'an SVG': text('<svg/>', 200, { 'content-type': 'image/svg+xml' }),
    'a 500': text('<h1>Oops</h1>', 500, { 'content-type': 'text/html' }),
    'a 204': text('', 204),
    'compressed bytes': text('x', 200, { 'content-type': 'video/mp4', 'content-encoding': 'gzip' }),
    'a connection closed at once': response => { response.destroy() },
    'a body that ends before it began': response => { response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 10 }).flushHeaders(); response.destroy() },
    'a redirect without end': (response, request) => { response.writeHead(302, { location: request.path }).end() },
    'a redirect into the private network': text('', 302, { location: 'http://10.0.0.1/video.mp4' })
  }
  for (const [name, answer] of Object.entries(broken)) {
    for (const range of [undefined, 'bytes=0-1']) {
      const response = await fetchContent({ headers: range ? { range } : {} }, answer)
      t.equal(response.status, 502, name)
      t.match(response.headers.get('content-type'), /json/, name)
      t.equal(response.headers.get('etag'), null, name)
      t.equal((await response.json() as { code: string }).code, 'UPSTREAM_UNREADABLE', name)
    }
  }
})

t.test('a video that breaks off never looks whole', async t => {
  const cut: Record<string, Answer> = {
    'with a length': response => {
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': video.length })
      response.write(video.subarray(0, 200_000), () => response.destroy())
    },
    'without a length': response => {
      response.writeHead(200, { 'content-type': 'video/mp4' })
      response.write(video.subarray(0, 200_000), () => response.destroy())
    }
  }
  for (const [name, answer] of Object.entries(cut)) {
    const response = await fetchContent({}, answer)
    t.equal(response.status, 200)
    await t.rejects(response.arrayBuffer(), name)
  }
  const part = await fetchContent({ headers: { range: 'bytes=0-249999' } }, (response) => {
    response.writeHead(206, { 'content-type': 'video/mp4', 'content-range': `bytes 0-249999/${video.length}` })
    response.end(video.subarray(0, 200_000))
  })
  t.equal(part.status, 206)
  await t.rejects(part.arrayBuffer(), 'a part that ends early')
})

t.test('a client that goes away stops the upstream, before and after the first byte', { timeout: 5_000 }, async t => {
  const silent = upstreamClosed(response => {})
  const early = get(url).on('error', () => {})
  await silent.begun
  early.destroy()
  await silent.closed

  const endless = upstreamClosed(response => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 2 ** 30 })
    response.write(video)
  })
  const late = get(url).on('error', () => {})
  const [response] = await once(late, 'response') as [IncomingMessage]
  await once(response, 'readable')
  late.destroy()
  await endless.closed
  t.pass()
})

t.test('a slow client holds the upstream back', async t => {
  const total = 256 * 1024 * 1024
  const chunk = Buffer.alloc(65_536)
  const written = Promise.withResolvers<number>()
  upstream.answer = response => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': total })
    let sent = 0
    const write = () => {
      for (let room = true; room && sent < total; sent += chunk.length) room = response.write(chunk)
    }
    response.on('drain', write)
    response.on('close', () => written.resolve(sent))
    write()
  }
  const request = get(url).on('error', () => {})
  const [response] = await once(request, 'response') as [IncomingMessage]
  await once(response, 'readable')
  // A whole other video is served meanwhile; whatever would be read ahead has had its time.
  upstream.answer = serveRanges()
  for (let round = 0; round < 20; round++) await bytes(await fetch(url))
  request.destroy()
  const sent = await written.promise
  t.ok(sent < total / 8, `${sent} bytes were read`)
})

async function fetchContent (init: RequestInit = {}, answer: Answer = serveRanges()): Promise<Response> {
  upstream.answer = answer
  return await fetch(url, init)
}

async function bytes (response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer())
}

/** Lets the next request begin as told, and waits until its connection is gone. */
function upstreamClosed (begin: (response: ServerResponse) => void): { begun: Promise<void>, closed: Promise<void> } {
  const begun = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  upstream.answer = response => {
    response.on('close', closed.resolve)
    begin(response)
    begun.resolve()
  }
  return { begun: begun.promise, closed: closed.promise }
}

function serveRanges (): Answer {
  return (response: ServerResponse, { headers: { range } }: SeenRequest) => {
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
    const start = first === '' ? video.length - Number(last) : Number(first)
    const end = first === '' || last === '' ? video.length - 1 : Math.min(Number(last), video.length - 1)
    if (!range) response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': video.length }).end(video)
    else if (start > end) response.writeHead(416, { 'content-range': `bytes */${video.length}` }).end()
    else response.writeHead(206, { 'content-type': 'video/mp4', 'content-range': `bytes ${start}-${end}/${video.length}`, 'content-length': end - start + 1 }).end(video.subarray(start, end + 1))
  }
}

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { json, read, startTestSandbox } from './client.ts'

const clip = readFileSync(new URL('../../server/sandbox/clip.mp4', import.meta.url))

t.test('a file is served whole, in parts, and by HEAD', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.createSora('[[sandbox: duration=0]]'))
  const url = (await read(client.sora(`/${id}`))).video_url
  const part = async (range: string, headers: Record<string, string> = {}) => fetch(url, { headers: { range, ...headers } })

  const whole = await fetch(url)
  t.same(Buffer.from(await whole.arrayBuffer()), clip)
  t.equal(whole.headers.get('accept-ranges'), 'bytes')
  const etag = whole.headers.get('etag')!

  const head = await fetch(url, { method: 'HEAD' })
  t.equal(head.headers.get('content-length'), String(clip.length))
  t.equal((await head.arrayBuffer()).byteLength, 0)

  const middle = await part('bytes=100-199')
  t.equal(middle.status, 206)
  t.equal(middle.headers.get('content-range'), `bytes 100-199/${clip.length}`)
  t.same(Buffer.from(await middle.arrayBuffer()), clip.subarray(100, 200))
  t.same(Buffer.from(await (await part('bytes=-10')).arrayBuffer()), clip.subarray(-10))
  t.same(Buffer.from(await (await part(`bytes=${clip.length - 5}-`)).arrayBuffer()), clip.subarray(-5))
  t.equal((await part('bytes=0-999999999')).headers.get('content-length'), String(clip.length))

  const beyond = await part(`bytes=${clip.length}-`)
  t.equal(beyond.status, 416)
  t.equal(beyond.headers.get('content-range'), `bytes */${clip.length}`)
  t.equal((await part('bytes=-0')).status, 416)
  for (const odd of ['bytes=5-2', 'bytes=-', 'bytes=0-1,5-6', 'lines=1-2']) t.equal((await part(odd)).status, 200, odd)

  t.equal((await part('bytes=0-1', { 'if-range': etag })).status, 206)
  t.equal((await part('bytes=0-1', { 'if-range': '"other"' })).status, 200)
  t.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304)
})

t.test('a file address is signed, and another poll renews an expired one', async t => {
  const { client } = await startTestSandbox(t)
  const { id } = await read(client.createSora('[[sandbox: duration=0]]'))
  const url = (await read(client.sora(`/${id}`))).video_url
  t.equal((await fetch(url.replace(/token=.*/, 'token=guess'))).status, 403)
  t.equal((await fetch(url.replace(/\?.*/, ''))).status, 403)

  const short = await read(client.createSora('[[sandbox: duration=0, urlTtlMs=0]]'))
  t.equal((await fetch((await read(client.sora(`/${short.id}`))).video_url)).status, 403)
  const long = await read(client.createSora('[[sandbox: duration=0, urlTtlMs=60000]]'))
  t.equal((await fetch((await read(client.sora(`/${long.id}`))).video_url)).status, 200)
})

t.test('a portrait video is portrait', async t => {
  const { client } = await startTestSandbox(t)
  const lengthOf = async (fields: Record<string, string>) => {
    const { id } = await read(client.createSora('[[sandbox: duration=0]]', fields))
    return Number((await fetch((await read(client.sora(`/${id}`))).video_url)).headers.get('content-length'))
  }
  t.equal(await lengthOf({ size: '1280x720' }), clip.length)
  t.not(await lengthOf({ size: '720x1280' }), clip.length)
  t.not(await lengthOf({ aspect_ratio: '9:16' }), clip.length)
})

t.test('a remix looks other than its source, and the same at every look', async t => {
  const { client } = await startTestSandbox(t)
  const etagOf = async (id: string) => (await fetch((await read(client.sora(`/${id}`))).video_url)).headers.get('etag')
  const source = await read(client.createSora('[[sandbox: duration=0]] a beach'))
  const remixes = await Promise.all(['at dawn', 'at noon', 'at dusk', 'at night', 'in rain', 'in snow'].map(prompt => read(client.sora(`/${source.id}/remix`, { method: 'POST', ...json({ prompt: `[[sandbox: duration=0]] ${prompt}`, model: 'm' }) }))))
  const etags = await Promise.all(remixes.map(({ id }) => etagOf(id)))
  t.notOk(etags.includes(await etagOf(source.id)))
  t.ok(new Set(etags).size > 1, 'and other than its brothers, mostly')
  t.equal(await etagOf(remixes[0]!.id), etags[0])
})

t.test('the clips are MP4 files that play before they are whole', async t => {
  const folder = new URL('../../server/sandbox/', import.meta.url)
  const names = readdirSync(folder).filter(name => name.endsWith('.mp4'))
  t.ok(names.length >= 8)
  for (const name of names) {
    const bytes = readFileSync(new URL(name, folder)).toString('latin1')
    t.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), `${name}: the index comes first`)
    t.ok(bytes.includes('avc1'), `${name}: H.264`)
  }
})

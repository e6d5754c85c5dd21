import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig } from '../../server/config.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { createAssetStore } from '../../server/media/choose-store.ts'
import { checkAssetStore } from '../../server/media/store-marker.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import { createTestDatabase } from '../support/database.ts'
import { S3_KEYS, startS3Server } from '../support/s3-server.ts'

type Env = Record<string, string>

async function open (t: Test, change: (env: Env, port: number) => Env = env => env, options: Parameters<typeof startS3Server>[1] = {}) {
  const server = await startS3Server(t, options)
  // Every name is this machine's.
  const egress = createEgress({ lookup: (_name, { all }, callback) => all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4) })
  t.teardown(() => egress.close())
  const dataDir = t.testdir()
  return { server, dataDir, store: createAssetStore(loadConfig({ DATA_DIR: dataDir, ...change(server.env, server.port) }), egress) }
}

const xml = (status: number, code: string) => (response: ServerResponse) => { response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`) }
const reset = (response: ServerResponse) => { response.socket!.resetAndDestroy() }
const headOnly = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': 1_000 }).flushHeaders()
  response.socket!.destroySoon()
}

t.test('the bucket is named in the path or in the host, in any region', async t => {
  for (const [name, change, region] of [
    ['path', (env: Env) => env, 'us-east-1'],
    ['host', (env: Env, port: number) => ({ ...env, MEDIA_URL: `s3://videos/a/b_c.d?pathStyle=false&endpoint=http://store.example:${port}&region=eu-central-1` }), 'eu-central-1'],
    ['no prefix', (env: Env, port: number) => ({ ...env, MEDIA_URL: `s3://videos?endpoint=http://127.0.0.1:${port}/&region=auto` }), 'auto']
  ] as const) {
    const { server, store } = await open(t, change, { region })
    const { sha256 } = await store.put(Buffer.from('x'))
    const { stream } = await store.open(sha256)
    t.equal(Buffer.concat(await stream.toArray()).toString(), 'x', name)
    await store.list('00')
    const prefix = { path: 'reelay/', host: 'a/b_c.d/', 'no prefix': '' }[name]
    t.same([...server.objects.keys()], [`${prefix}${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`])
  }
})

t.test('a store that is busy or breaks off is asked again', async t => {
  const { server, store } = await open(t)
  const bytes = Buffer.from('a video')
  server.answerNext(xml(503, 'SlowDown'), reset)
  const { sha256 } = await store.put(bytes)
  server.answerNext(xml(500, 'InternalError'), headOnly)
  const { stream } = await store.open(sha256)
  t.ok(Buffer.concat(await stream.toArray()).equals(bytes))
})

t.test('a file is sent anew after a connection was lost', async t => {
  const { server, store } = await open(t)
  const file = await store.stage((async function * () { yield Buffer.alloc(1_000_000, 'x') })())
  server.answerNext(xml(404, 'NoSuchKey'), reset, xml(503, 'SlowDown'))
  await store.keep(file)
  t.equal([...server.objects.values()][0]!.bytes.length, 1_000_000)
})

t.test('what goes on failing is told by the code MEDIA_UNAVAILABLE, and names no key', async t => {
  const faults: Record<string, (response: ServerResponse) => void> = {
    refused: xml(403, 'AccessDenied'),
    'no bucket': xml(404, 'NoSuchBucket'),
    'another region': xml(301, 'PermanentRedirect'),
    busy: xml(503, 'SlowDown'),
    lost: reset,
    'broken off': headOnly,
    garbage: response => response.writeHead(418).end(Buffer.alloc(200_000))
  }
  const { server, store } = await open(t)
  for (const [name, fault] of Object.entries(faults)) {
    server.answerNext(fault, fault, fault)
    const error = await store.open('0'.repeat(64)).then(() => undefined, error => error)
    t.match(error, { name: 'AssetStoreAway', code: 'MEDIA_UNAVAILABLE', status: 503 }, name)
    t.notMatch(error.message, new RegExp(S3_KEYS.accessKeyId), name)
  }
  server.answerNext(response => response.writeHead(200).end('<html>'))
  await t.rejects(store.list('00'), { code: 'MEDIA_UNAVAILABLE' })
})

t.test('a part is never taken for the whole, nor for another part', async t => {
  const { server, store } = await open(t)
  const { sha256 } = await store.put(Buffer.from('0123456789'))
  const part = (range: string, status = 206) => (response: ServerResponse) => response.writeHead(status, { 'content-range': range, 'content-length': 2 }).end('ab')
  server.answerNext(part('bytes 0-1/10'))
  await t.rejects(store.open(sha256), { code: 'MEDIA_UNAVAILABLE' })
  for (const fault of [part('bytes 2-3/10'), part('bytes 4-5/10', 200), part('nonsense')]) {
    server.answerNext(fault)
    await t.rejects(store.open(sha256, { start: 4, end: 5 }), { code: 'MEDIA_UNAVAILABLE' })
  }
})

t.test('a body that breaks off later fails instead of ending', async t => {
  const { server, store } = await open(t)
  server.answerNext(response => {
    response.writeHead(200, { 'content-length': 1_000 })
    response.write('the beginning')
  })
  const { stream } = await store.open('0'.repeat(64))
  server.goAway()
  await t.rejects(stream.toArray())
})

t.test('bytes that changed on the way are not kept', async t => {
  const { server, store, dataDir } = await open(t)
  const file = await store.stage((async function * () { yield Buffer.from('a video') })())
  await t.rejects(store.keep({ ...file, sha256: createHash('sha256').update('another').digest('hex') }), /XAmzContentSHA256Mismatch/)
  t.equal(server.objects.size, 0)
  t.same(await readdir(join(dataDir, 'assets/tmp')), [])
})

t.test('a stop ends an upload', async t => {
  const { server, store } = await open(t)
  const stopping = new AbortController()
  const file = await store.stage((async function * () { yield Buffer.alloc(100_000) })())
  server.answerNext(xml(404, 'NoSuchKey'), () => stopping.abort())
  await t.rejects(store.keep(file, stopping.signal), { code: 'MEDIA_UNAVAILABLE' })
})

t.test('a start with wrong keys, a wrong bucket or no store at all ends with one line', async t => {
  const db = createDatabase(await createTestDatabase(t), 2)
  t.teardown(() => db.destroy())
  const cases: Record<string, (env: Env) => Env> = {
    InvalidAccessKeyId: env => ({ ...env, MEDIA_ACCESS_KEY_ID: 'somebody-else' }),
    SignatureDoesNotMatch: env => ({ ...env, MEDIA_SECRET_ACCESS_KEY: 'guessed' }),
    AuthorizationHeaderMalformed: env => ({ ...env, MEDIA_URL: env.MEDIA_URL!.replace('us-east-1', 'eu-west-1') }),
    NoSuchBucket: env => ({ ...env, MEDIA_URL: env.MEDIA_URL!.replace('s3://videos', 's3://pictures') }),
    ECONNREFUSED: env => ({ ...env, MEDIA_URL: env.MEDIA_URL!.replace(/127.0.0.1:\d+/, '127.0.0.1:1') })
  }
  for (const [reason, change] of Object.entries(cases)) {
    const { store } = await open(t, change)
    const error: Error = await checkAssetStore(db, store).then(() => new Error('it went on'), error => error)
    t.type(error, ConfigError, reason)
    t.match(error.message, new RegExp(`^MEDIA_URL: [^\\n]*${reason}[^\\n]*$`))
    t.notMatch(error.message, /guessed|somebody-else/)
  }
})

t.test('a bucket of another database is left alone; a copy of it is this database\'s', async t => {
  const [db, other] = await Promise.all([0, 1].map(async () => createDatabase(await createTestDatabase(t), 2)))
  t.teardown(() => Promise.all([db!.destroy(), other!.destroy()]))
  const { server, store } = await open(t)
  await checkAssetStore(db!, store)
  await t.rejects(checkAssetStore(other!, store), { name: 'ConfigError', message: /^MEDIA_URL: .*another database/ })
  t.same([...server.objects.keys()], ['reelay/marker'])

  const copy = await open(t)
  for (const [key, stored] of server.objects) copy.server.objects.set(key, stored)
  await checkAssetStore(db!, copy.store)
})

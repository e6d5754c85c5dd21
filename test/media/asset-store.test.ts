import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig } from '../../server/config.ts'
import { createDatabase } from '../../server/database/connect.ts'
import type { AssetStore } from '../../server/media/asset-store.ts'
import { createAssetStore } from '../../server/media/choose-store.ts'
import { checkAssetStore } from '../../server/media/store-marker.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import { createTestDatabase } from '../support/database.ts'
import { startS3Server } from '../support/s3-server.ts'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const ABSENT = 'f'.repeat(64)

interface Place {
  name: string
  /** The store of a process on this machine; `other` is another place. */
  open (name?: 'own' | 'other'): AssetStore
  /** What is kept there. */
  keys (): Promise<string[]>
  age (sha256: string, ms: number): Promise<unknown>
}

function localPlace (t: Test): Place {
  const folders = t.testdir({ own: {}, other: {} })
  const root = join(folders, 'own', 'assets')
  const egress = createEgress()
  return {
    name: 'DATA_DIR',
    open: (name = 'own') => createAssetStore(loadConfig({ DATA_DIR: join(folders, name) }), egress),
    keys: async () => (await filesBelow(root)).map(path => path.slice(root.length + 1)),
    age: (hash, ms) => utimes(join(root, hash.slice(0, 2), hash.slice(2, 4), hash), new Date(Date.now() - ms), new Date(Date.now() - ms))
  }
}

async function s3Place (t: Test): Promise<Place> {
  const server = await startS3Server(t, { pageSize: 3 })
  const egress = createEgress()
  t.teardown(() => egress.close())
  const dataDir = t.testdir()
  return {
    name: 'MEDIA_URL',
    open: (name = 'own') => createAssetStore(loadConfig({ DATA_DIR: dataDir, ...server.env, MEDIA_URL: server.env.MEDIA_URL.replace('/reelay', `/reelay/${name}`) }), egress),
    async keys () {
      const staged = (await filesBelow(dataDir)).map(path => path.slice(dataDir.length + 1))
      return [...staged, ...[...server.objects.keys()].map(key => key.replace('reelay/own/', ''))]
    },
    async age (hash, ms) {
      server.objects.get(`reelay/own/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`)!.modified = new Date(Date.now() - ms)
    }
  }
}

for (const createPlace of [localPlace, s3Place]) {
  t.test(createPlace.name, async t => {
    t.test('content is kept under its hash, once, and read back whole or in part', async t => {
      const place = await createPlace(t)
      const store = place.open()
      const bytes = randomBytes(200_000)
      const hash = sha256(bytes)
      t.same(await store.put(bytes), { sha256: hash, size: 200_000 })
      t.same(await store.put(bytes), { sha256: hash, size: 200_000 })
      t.same(await place.keys(), [`${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`])
      t.ok(await place.open().has(hash))

      const whole = await store.open(hash)
      t.equal(whole.size, 200_000)
      t.ok(Buffer.concat(await whole.stream.toArray()).equals(bytes))
      const part = await store.open(hash, { start: 10, end: 19 })
      t.equal(part.size, 200_000)
      t.ok(Buffer.concat(await part.stream.toArray()).equals(bytes.subarray(10, 20)))
    })

    t.test('a large content is written in two steps, and is nowhere before the second', async t => {
      const place = await createPlace(t)
      const store = place.open()
      const bytes = randomBytes(3_000_000)
      const file = await store.stage(chunked(bytes))
      t.match(file, { sha256: sha256(bytes), size: 3_000_000 })
      t.ok((await readFile(file.path)).equals(bytes))
      t.notOk(await store.has(file.sha256))
      await store.keep(file, AbortSignal.timeout(60_000))
      t.ok(await store.has(file.sha256))
      t.equal((await place.keys()).length, 1, 'nothing else is left')
      t.ok(Buffer.concat(await (await store.open(file.sha256)).stream.toArray()).equals(bytes))

      await store.discard(await store.stage(chunked(randomBytes(10))))
      await store.keep(await store.stage(chunked(bytes)))
      t.equal((await place.keys()).length, 1)
    })

    t.test('content that breaks off leaves nothing behind', async t => {
      const place = await createPlace(t)
      await t.rejects(place.open().stage((async function * () {
        yield Buffer.from('half')
        throw new Error('reset')
      })()), /reset/)
      t.same(await place.keys(), [])
    })

    t.test('a tool of this machine gets a file', async t => {
      const place = await createPlace(t)
      const store = place.open()
      const { sha256 } = await store.put(Buffer.from('a video'))
      {
        await using file = await store.localFile(sha256)
        t.equal(await readFile(file.path, 'utf8'), 'a video')
      }
      t.equal((await place.keys()).length, 1)
      await t.rejects(store.localFile(ABSENT), { name: 'AssetMissing' })
    })

    t.test('removed content is gone, and removing it again is nothing', async t => {
      const store = (await createPlace(t)).open()
      const { sha256 } = await store.put(Buffer.from('x'))
      await store.remove(sha256)
      await store.remove(sha256)
      t.notOk(await store.has(sha256))
      await t.rejects(store.open(sha256), { name: 'AssetMissing' })
      await t.rejects(store.open(sha256, { start: 0, end: 0 }), { name: 'AssetMissing' })
    })

    t.test('contents are listed by folder once they have been there for an hour', async t => {
      const place = await createPlace(t)
      const store = place.open()
      const hashes: string[] = []
      for (let i = 0; hashes.length < 8; i++) {
        const bytes = Buffer.from(String(i))
        if (sha256(bytes).startsWith('a')) hashes.push((await store.put(bytes)).sha256)
      }
      const [young, ...old] = hashes as [string, ...string[]]
      for (const hash of old) await place.age(hash, 3_700_000)
      const listed = []
      for (let folder = 0xa0; folder <= 0xaf; folder++) listed.push(...await store.list(folder.toString(16)))
      t.same(listed.sort(), old.sort())
      t.notOk(listed.includes(young))
      t.same(await store.list('00'), [])
    })

    t.test('a folder with more than one page of contents is listed to its end', async t => {
      const place = await createPlace(t)
      const store = place.open()
      const folders = new Map<string, string[]>()
      let full: string | undefined
      for (let i = 0; full === undefined; i++) {
        const folder = sha256(Buffer.from(String(i))).slice(0, 2)
        folders.set(folder, [...folders.get(folder) ?? [], String(i)])
        if (folders.get(folder)!.length === 8) full = folder
      }
      const kept = await Promise.all(folders.get(full)!.map(text => store.put(Buffer.from(text))))
      for (const file of kept) await place.age(file.sha256, 3_700_000)
      t.same((await store.list(full)).sort(), kept.map(file => file.sha256).sort())
    })

    t.test('only a hash leads into the store', async t => {
      const store = (await createPlace(t)).open()
      for (const name of ['../../etc/passwd', 'marker', '', 'A'.repeat(64)]) {
        await t.rejects(async () => await store.open(name), /SHA-256/, name)
        await t.rejects(async () => await store.remove(name), /SHA-256/, name)
      }
    })

    t.test('a fresh place becomes the database\'s own, for every process', async t => {
      const db = await freshDatabase(t)
      const place = await createPlace(t)
      await Promise.all(Array.from({ length: 8 }, () => checkAssetStore(db, place.open())))
      const marker = await place.open().readMarker()
      t.match(marker, /^[0-9a-f-]{36}$/)
      await checkAssetStore(db, place.open())
      t.equal(await place.open().readMarker(), marker)
    })

    t.test('another place stops the start with one line that names the variable', async t => {
      const db = await freshDatabase(t)
      const place = await createPlace(t)
      await checkAssetStore(db, place.open())
      const error: Error = await checkAssetStore(db, place.open('other')).then(() => new Error('it went on'), error => error)
      t.type(error, ConfigError)
      t.match(error.message, new RegExp(`^${place.name}: [^\\n]+$`))
    })

    t.test('of two first starts with different places one goes on', async t => {
      const db = await freshDatabase(t)
      const place = await createPlace(t)
      const starts = await Promise.allSettled([checkAssetStore(db, place.open()), checkAssetStore(db, place.open('other'))])
      t.same(starts.map(start => start.status).sort(), ['fulfilled', 'rejected'])
    })

    t.test('what a dead process left half-written is cleared away a day later', async t => {
      const db = await freshDatabase(t)
      const place = await createPlace(t)
      const store = place.open()
      const [old, young] = [await store.stage(chunked(randomBytes(1))), await store.stage(chunked(randomBytes(1)))]
      const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
      await utimes(old.path, twoDaysAgo, twoDaysAgo)
      await checkAssetStore(db, store)
      t.same(await readdir(join(old.path, '..')), [young.path.split('/').at(-1)])
    })
  })
}

async function freshDatabase (t: Test) {
  const db = createDatabase(await createTestDatabase(t), 10)
  t.teardown(() => db.destroy())
  return db
}

async function filesBelow (folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

async function * chunked (bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 77_777) yield bytes.subarray(at, at + 77_777)
}

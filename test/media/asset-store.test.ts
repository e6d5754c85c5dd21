import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError } from '../../server/config.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { checkAssetStore, createAssetStore } from '../../server/media/asset-store.ts'
import { createTestDatabase } from '../support/database.ts'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function filesBelow (folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

async function freshDatabase (t: Test) {
  const db = createDatabase(await createTestDatabase(t), 4)
  t.teardown(() => db.destroy())
  return db
}

t.test('content is kept under its hash, once, and read back whole or in part', async t => {
  const dataDir = t.testdir()
  const store = createAssetStore(dataDir)
  const bytes = randomBytes(200_000)
  const hash = sha256(bytes)

  t.same(await store.put(bytes), { sha256: hash, size: 200_000 })
  t.same(await store.put(chunked(bytes)), { sha256: hash, size: 200_000 })
  t.same(await filesBelow(dataDir), [join(dataDir, 'assets', hash.slice(0, 2), hash.slice(2, 4), hash)])

  const whole = await store.open(hash)
  t.equal(whole.size, 200_000)
  t.ok(Buffer.concat(await whole.stream.toArray()).equals(bytes))
  const part = await store.open(hash, { start: 10, end: 19 })
  t.ok(Buffer.concat(await part.stream.toArray()).equals(bytes.subarray(10, 20)))
})

t.test('content that breaks off leaves nothing behind', async t => {
  const dataDir = t.testdir()
  await t.rejects(createAssetStore(dataDir).put((async function * () {
    yield Buffer.from('half')
    throw new Error('reset')
  })()), /reset/)
  t.same(await filesBelow(dataDir), [])
})

t.test('removed content is gone, and removing it again is nothing', async t => {
  const store = createAssetStore(t.testdir())
  const { sha256 } = await store.put(Buffer.from('x'))
  await store.remove(sha256)
  await store.remove(sha256)
  await t.rejects(store.open(sha256), { code: 'ENOENT' })
})

t.test('only a hash leads into the store', async t => {
  const store = createAssetStore(t.testdir())
  for (const name of ['../../etc/passwd', 'marker', '', 'A'.repeat(64)]) await t.rejects(store.open(name), /SHA-256/, name)
})

t.test('a fresh folder becomes the database\'s own, for every process', async t => {
  const db = await freshDatabase(t)
  const dataDir = t.testdir()
  await Promise.all(Array.from({ length: 8 }, () => checkAssetStore(db, dataDir)))
  const marker = await readFile(join(dataDir, 'assets/marker'), 'utf8')
  await checkAssetStore(db, dataDir)
  t.equal(await readFile(join(dataDir, 'assets/marker'), 'utf8'), marker)
})

t.test('another folder stops the start with one line that names the variable', async t => {
  const db = await freshDatabase(t)
  const folders = t.testdir({ own: {}, other: {} })
  await checkAssetStore(db, join(folders, 'own'))
  const error = await checkAssetStore(db, join(folders, 'other')).catch(error => error)
  t.type(error, ConfigError)
  t.match(error.message, /^DATA_DIR: [^\n]+$/)
})

t.test('of two first starts with different folders one goes on', async t => {
  const db = await freshDatabase(t)
  const folders = t.testdir({ a: {}, b: {} })
  const starts = await Promise.allSettled([checkAssetStore(db, join(folders, 'a')), checkAssetStore(db, join(folders, 'b'))])
  t.same(starts.map(start => start.status).sort(), ['fulfilled', 'rejected'])
})

t.test('what a dead process left half-written is cleared away a day later', async t => {
  const db = await freshDatabase(t)
  const dataDir = t.testdir()
  const tmp = join(dataDir, 'assets/tmp')
  await mkdir(tmp, { recursive: true })
  await writeFile(join(tmp, 'old'), '')
  await writeFile(join(tmp, 'new'), '')
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
  await utimes(join(tmp, 'old'), twoDaysAgo, twoDaysAgo)
  await checkAssetStore(db, dataDir)
  t.same(await readdir(tmp), ['new'])
})

async function * chunked (bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 7_777) yield bytes.subarray(at, at + 7_777)
}

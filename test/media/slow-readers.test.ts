import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, readlink } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { keyOf } from '../../server/media/asset-store.ts'
import { prepare } from '../scenarios/restarts.ts'
import { until } from '../support/polling.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const MIB = 1024 * 1024
const SIZE = 200 * MIB
const SEEKS = 20
const CHUNK = Buffer.alloc(MIB, 'video')
const READERS = 50
/** What a server reads in 0.3 s without anybody's asking, from its database and the like. */
const STANDING_STILL = 64 * 1024
const skip = existsSync('/proc/self/status') ? false : 'memory and open files are read from /proc: NOT measured here'

t.test('a video of 200 MiB for 50 slow readers takes little memory; a seek is quick; who goes away holds nothing', { skip }, async t => {
  const upstream = await startSandboxUpstream(t)
  const { db, folder, start } = await prepare(t, upstream)
  // As `npm start` does.
  const { api, pid, url } = await start({ NODE_OPTIONS: '--max-semi-space-size=8' })
  const { videoId } = await api.data('POST', '/api/video/tasks', { prompt: 'a cat', model: 'sora_video2' })
  await until(async () => (await db.selectFrom('assets').select('id').where('kind', '=', 'video').executeTakeFirst()) !== undefined, 'the copy')
  const sha256 = await enlarge(folder)
  await sql`update assets set sha256 = ${sha256}, size = ${SIZE} where kind = 'video'`.execute(db)
  const { videoUrl } = await api.data('GET', `/api/video/tasks/${videoId}`)
  const address = url + videoUrl

  t.equal(await hashOf(await request(address)), sha256, 'the bytes are the file\'s')
  const before = await residentBytes(pid)
  const readers = await Promise.all(Array.from({ length: READERS }, () => request(address)))
  let peak = 0
  for (let round = 0; round < 30; round++) {
    for (const reader of readers) reader.read(64 * 1024)
    await wait(50)
    peak = Math.max(peak, await residentBytes(pid))
  }
  t.equal(await openFiles(pid, sha256), READERS)

  // What the readers' sockets still take would count as the seeks'.
  await until(async () => {
    const read = await bytesRead(pid)
    await wait(300)
    return await bytesRead(pid) - read < STANDING_STILL
  }, 'the readers stand still')
  const readBefore = await bytesRead(pid)
  const seeks = []
  for (let count = 0; count < SEEKS; count++) seeks.push(await seek(t, address, Math.floor(SIZE * count / SEEKS) + count))
  seeks.sort((a, b) => a - b)
  const read = await bytesRead(pid) - readBefore
  t.comment(`memory grew by ${((peak - before) / MIB).toFixed(1)} MiB; a seek took ${seeks[SEEKS / 2]!.toFixed(1)} ms (median), ${seeks.at(-1)!.toFixed(1)} ms at most, and read ${(read / SEEKS / 1024).toFixed(1)} KiB`)
  t.ok(peak - before <= 64 * MIB, 'at most 64 MiB more')
  // Milliseconds, on an idle machine; what makes it so holds on a busy one too.
  t.ok(read <= SEEKS * MIB, 'a seek reads only about what was asked for')
  t.ok(seeks[SEEKS / 2]! < 2_000, 'and does not take long')

  for (const reader of readers) reader.destroy()
  await until(async () => await openFiles(pid, sha256) === 0, 'the file is closed')
})

/** Puts a large file where the copy belongs. */
async function enlarge (folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < SIZE; at += MIB) hash.update(CHUNK)
  const sha256 = hash.digest('hex')
  const path = join(folder, 'assets', keyOf(sha256))
  await mkdir(dirname(path), { recursive: true })
  await using file = await open(path, 'w')
  for (let at = 0; at < SIZE; at += MIB) await file.writeFile(CHUNK)
  return sha256
}

function request (address: string, headers = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => { get(address, { headers, agent: false }, resolve).on('error', reject) })
}

async function hashOf (body: IncomingMessage): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

async function seek (t: Test, address: string, start: number): Promise<number> {
  const began = performance.now()
  const response = await request(address, { range: `bytes=${start}-${start + 1023}` })
  const body = Buffer.concat(await response.toArray())
  const took = performance.now() - began
  if (!body.equals(CHUNK.subarray(start % MIB, start % MIB + 1024))) t.fail(`wrong bytes at ${start}`)
  return took
}

async function residentBytes (pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1024
}

async function bytesRead (pid: number): Promise<number> {
  const [, bytes] = /^rchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))!
  return Number(bytes)
}

async function openFiles (pid: number, name: string): Promise<number> {
  const files = await readdir(`/proc/${pid}/fd`)
  const targets = await Promise.all(files.map(file => readlink(join(`/proc/${pid}/fd`, file)).catch(() => '')))
  return targets.filter(target => target.endsWith(name)).length
}

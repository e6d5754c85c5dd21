import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { startChild, type Child } from './support/child.ts'
import type { ContentReady } from './support/content-process.ts'
import { startPostgres } from './support/postgres.ts'

const KIB = 1024
const MIB = 1024 * KIB
const SMALL = 64 * KIB
const LARGE = 200 * MIB

/** So many requests by so many clients: the same of everybody. */
interface Load { name: string, size: number, range?: () => string, clients: number, warmUp: number, requests: number }

const LOADS: Load[] = [
  { name: 'a file of 64 KiB', size: SMALL, clients: 32, warmUp: 500, requests: 2_000 },
  { name: '64 KiB somewhere in 200 MiB', size: LARGE, range: somewhere, clients: 32, warmUp: 500, requests: 2_000 },
  { name: 'a file of 200 MiB', size: LARGE, clients: 4, warmUp: 2, requests: 12 }
]

/** Who answers: with which headers, at which address. */
interface Server { name: string, child: Child & { ready: { url: string } }, headers: Record<string, string>, path: (size: number) => string }

/** The bytes of finished videos, beside `@fastify/static` on the same files. */
export async function run (): Promise<void> {
  const postgres = await startPostgres()
  const dataDir = mkdtempSync(join(tmpdir(), 'reelay-bench-data-'))
  const content = await startChild<ContentReady>('content-process.ts', { databaseUrl: await postgres.createDatabase(), dataDir, sizes: [SMALL, LARGE] })
  const plain = await startChild<{ url: string }>('static-process.ts', { root: content.ready.root })
  const video = (size: number) => content.ready.videos.find(video => video.size === size)!
  const servers: Server[] = [
    { name: '@fastify/static', child: plain, headers: {}, path: size => video(size).filePath },
    { name: 'ours, signed address', child: content, headers: {}, path: size => video(size).signedPath },
    { name: 'ours, /v1 with a token', child: content, headers: { authorization: `Bearer ${content.ready.token}` }, path: size => video(size).ownPath }
  ]
  try {
    for (const load of LOADS) await compare(load, servers)
  } finally {
    await plain.stop()
    await content.stop()
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function compare (load: Load, servers: Server[]): Promise<void> {
  console.log(`  ${load.name}, ${load.clients} clients`)
  let baseline: Measured | undefined
  for (const server of servers) {
    const measured = await measure(load, server)
    baseline ??= measured
    console.log(`    ${server.name.padEnd(22)} ${report(measured)}  ${(measured.perSecond / baseline.perSecond).toFixed(2)} × static`)
  }
}

interface Measured { perSecond: number, bytesPerSecond: number, cpuSeconds: number }

async function measure (load: Load, server: Server): Promise<Measured> {
  const pool = new Pool(server.child.ready.url, { connections: load.clients })
  try {
    await read(pool, load, server, load.warmUp)
    const before = { at: performance.now(), cpu: server.child.cpuSeconds() }
    const bytes = await read(pool, load, server, load.requests)
    const seconds = (performance.now() - before.at) / 1000
    return { perSecond: load.requests / seconds, bytesPerSecond: bytes / seconds, cpuSeconds: (server.child.cpuSeconds() - before.cpu) / load.requests }
  } finally {
    await pool.close()
  }
}

/** The bytes that arrived; throws when an answer is not what was asked for. */
async function read (pool: Pool, { clients, range, size }: Load, { headers, path }: Server, requests: number): Promise<number> {
  let left = requests
  let bytes = 0
  await Promise.all(Array.from({ length: clients }, async () => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: path(size), headers: { ...headers, ...range && { range: range() } } })
      if (statusCode !== (range ? 206 : 200)) throw new Error(`answered ${statusCode}: ${await body.text()}`)
      for await (const chunk of body) bytes += chunk.length
    }
  }))
  if (bytes !== requests * (range ? SMALL : size)) throw new Error(`${bytes} bytes arrived`)
  return bytes
}

function somewhere (): string {
  const start = Math.floor(Math.random() * (LARGE - SMALL))
  return `bytes=${start}-${start + SMALL - 1}`
}

function report ({ perSecond, bytesPerSecond, cpuSeconds }: Measured): string {
  return `${perSecond.toFixed(perSecond < 100 ? 1 : 0).padStart(6)}/s  ${(bytesPerSecond / MIB).toFixed(0).padStart(5)} MiB/s  CPU a request ${(cpuSeconds * 1e3).toFixed(2).padStart(7)} ms`
}

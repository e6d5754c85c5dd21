import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ConfigError } from '../config.ts'
import { AssetMissing, AssetStoreAway, isSha256, keyOf, SETTLED_MS, type AssetStore, type StoredFile } from './asset-store.ts'
import { parseContentRange } from './byte-range.ts'
import type { S3Client } from './s3-client.ts'
import type { S3Location } from './s3-location.ts'
import { parseListing } from './s3-xml.ts'
import { removeAbandoned, stageFile } from './staged-files.ts'

/** The keys are the paths of the local store. */
const MARKER = 'marker'
/** A folder's worth, a thousand a page, is far below it. */
const MAX_PAGES = 10_000

/**
 * The store in an S3 bucket. Its hash is known only when a file is whole: so each is written to `<dataDir>/assets/tmp`
 * first and uploaded in one request, which S3 takes whole or not at all.
 */
export function createS3Store (dataDir: string, location: S3Location, client: S3Client): AssetStore {
  const staging = join(dataDir, 'assets', 'tmp')
  const place = `MEDIA_URL: s3://${location.bucket}/${location.prefix}`
  const has = async (sha256: string) => (await client.request({ method: 'HEAD', key: keyOf(sha256) })).status !== 404
  const upload = async (file: StoredFile, body: () => Buffer | Readable, signal?: AbortSignal) => {
    if (!await has(file.sha256)) await client.request({ method: 'PUT', key: keyOf(file.sha256), ...file, body, signal })
  }
  return {
    place,
    async put (bytes) {
      const file = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }
      await upload(file, () => bytes)
      return file
    },
    stage: content => stageFile(staging, content),
    async keep ({ path, sha256, size }, signal) {
      try {
        await upload({ sha256, size }, () => createReadStream(path), signal)
      } finally {
        await rm(path, { force: true })
      }
    },
    discard: ({ path }) => rm(path, { force: true }),
    has,
    open: (sha256, range, signal) => openObject(client, sha256, range, signal),
    async localFile (sha256, signal) {
      const { path } = await stageFile(staging, (await openObject(client, sha256, undefined, signal)).stream)
      return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    },
    async remove (sha256) {
      await client.request({ method: 'DELETE', key: keyOf(sha256) })
    },
    list: folder => listFolder(client, location.prefix + folder),
    removeAbandoned: () => removeAbandoned(staging),
    async checkReachable () {
      await client.request({ method: 'HEAD', key: MARKER })
    },
    readMarker: () => readMarker(client),
    createMarker: () => createMarker(client, place)
  }
}

async function openObject (client: S3Client, sha256: string, range: { start: number, end: number } | undefined, signal: AbortSignal | undefined): Promise<{ stream: Readable, size: number }> {
  const headers: Record<string, string> = range ? { range: `bytes=${range.start}-${range.end}` } : {}
  const { status, headers: reply, body } = await client.stream({ method: 'GET', key: keyOf(sha256), headers, signal })
  if (status === 404) throw new AssetMissing(sha256)
  if (!range && status === 200) return { stream: body, size: Number(reply['content-length']) }
  const part = parseContentRange(reply['content-range'])
  if (range && status === 206 && part?.range?.start === range.start && part.range.end === range.end) return { stream: body, size: part.size }
  body.destroy()
  throw new AssetStoreAway(`the store answered HTTP ${status} when it was asked for ${range ? 'a part' : 'everything'}`)
}

async function listFolder (client: S3Client, prefix: string): Promise<string[]> {
  const settled = []
  let token: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { objects, next } = await listPage(client, prefix, token)
    settled.push(...objects.filter(({ modified }) => Date.now() - modified.getTime() > SETTLED_MS).map(({ key }) => key.slice(-64)))
    if (next === undefined) break
    token = next
  }
  return settled.filter(isSha256)
}

async function listPage (client: S3Client, prefix: string, token: string | undefined) {
  const query = { 'list-type': '2', prefix: `${prefix}/`, ...token !== undefined && { 'continuation-token': token } }
  const { body } = await client.request({ method: 'GET', query })
  try {
    return parseListing(body.toString())
  } catch (error) {
    throw new AssetStoreAway((error as Error).message, error)
  }
}

async function readMarker (client: S3Client): Promise<string | undefined> {
  const { status, body } = await client.request({ method: 'GET', key: MARKER })
  return status === 404 ? undefined : body.toString()
}

/**
 * A bucket is easily shared by mistake, and each database would remove the other's files as orphans: so one that has a
 * marker already is refused.
 */
async function createMarker (client: S3Client, place: string): Promise<string> {
  if (await readMarker(client) !== undefined) throw new ConfigError(`${place} belongs to another database; take another bucket or prefix (or, if that database is no more, delete the object '${MARKER}')`)
  const bytes = Buffer.from(randomUUID())
  await client.request({ method: 'PUT', key: MARKER, body: () => bytes, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  return bytes.toString()
}

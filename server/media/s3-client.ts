import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import { EgressError, type Egress, type EgressCall, type EgressReply, type EgressStream } from '../upstreams/egress.ts'
import { AssetStoreAway } from './asset-store.ts'
import { errorCode } from './s3-xml.ts'
import type { S3Keys, S3Location } from './s3-location.ts'

/** One request: `body` anew for every try. */
interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  key?: string
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: () => Buffer | Readable
  size?: number
  /** Of the body. The server compares: bytes that were changed on the way are refused. */
  sha256?: string
  signal?: AbortSignal
}

export interface S3Client {
  /** Answers with a 2xx, or with a 404 for an object that is not there; what fits in memory. */
  request (request: S3Request): Promise<EgressReply>
  /** The same for a reply of any size; its first bytes are there. */
  stream (request: S3Request): Promise<EgressStream>
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** Between tries. Every request here changes nothing when it is made twice. */
const WAITS_MS = [100, 400]
/** A store that is busy, or stops for a moment. */
const PASSING = new Set([408, 429, 500, 502, 503, 504])
const PATIENCE_MS = 15_000
/** Between the last byte of a file and the answer: it may have to be copied first. */
const UPLOAD_PATIENCE_MS = 60_000
/** Even a slow line carries a megabyte in ten seconds. */
const MS_PER_BYTE = 0.01
const MAX_ERROR_BYTES = 64 * 1024

/** Signed requests to one bucket, by the egress client. What cannot be had throws AssetStoreAway; its message never holds a key. */
export function createS3Client (location: S3Location, keys: S3Keys, egress: Pick<Egress, 'request' | 'stream'>): S3Client {
  // Keeps the signing key of the day.
  const cache = new Map<string, ArrayBuffer>()
  const attempt = async <T extends EgressReply | EgressStream>(request: S3Request, send: (call: EgressCall) => Promise<T>): Promise<T> => {
    const call = await sign(location, keys, cache, request)
    try {
      return await usable(await send(call).catch(unanswered), request)
    } finally {
      // A file that was not read to its end stays open otherwise.
      if (call.body instanceof Readable) call.body.destroy()
    }
  }
  return {
    request: request => withRetries(request, () => attempt(request, egress.request)),
    stream: request => withRetries(request, async () => await begun(await attempt(request, egress.stream)))
  }
}

/** Worth another try. */
class Passing extends AssetStoreAway {}

async function withRetries<T> ({ signal }: S3Request, attempt: () => Promise<T>): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      await sleep(waitMs, undefined, { signal })
    }
  }
  return await attempt()
}

async function sign ({ baseUrl, prefix, region }: S3Location, keys: S3Keys, cache: Map<string, ArrayBuffer>, request: S3Request): Promise<EgressCall> {
  const { method, key, query = {}, headers, body, size = 0, sha256 = EMPTY_SHA256, signal } = request
  const url = new URL(key === undefined ? baseUrl : baseUrl + prefix + key)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const signer = new AwsV4Signer({ ...keys, method, url: url.href, service: 's3', region, cache, headers: { ...headers, 'x-amz-content-sha256': sha256 } })
  const signed = Object.fromEntries((await signer.sign()).headers)
  return {
    method,
    url: url.href,
    headers: body ? { ...signed, 'content-length': String(size) } : signed,
    body: body?.(),
    policy: { trust: 'channel' },
    signal: signal ?? new AbortController().signal,
    timeouts: { headers: body ? UPLOAD_PATIENCE_MS : PATIENCE_MS, idle: PATIENCE_MS, total: (body ? UPLOAD_PATIENCE_MS : PATIENCE_MS) + size * MS_PER_BYTE }
  }
}

function unanswered (error: unknown): never {
  if (!(error instanceof EgressError)) throw error
  const Away = error.kind === 'aborted' ? AssetStoreAway : Passing
  throw new Away(`the store did not answer: ${error.message}`, error)
}

async function usable<T extends EgressReply | EgressStream> (reply: T, { method, key = '' }: S3Request): Promise<T> {
  const { status } = reply
  if (status >= 200 && status < 300) return reply
  const code = errorCode(await readError(reply))
  if (status === 404 && method !== 'PUT' && code !== 'NoSuchBucket') return reply
  const reason = `the store answered HTTP ${status}${code ? ` (${code})` : ''} to ${method} ${key}`
  throw PASSING.has(status) || code === 'RequestTimeout' ? new Passing(reason) : new AssetStoreAway(reason)
}

async function readError ({ body }: EgressReply | EgressStream): Promise<string> {
  if (Buffer.isBuffer(body)) return body.toString()
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk
      if (text.length > MAX_ERROR_BYTES) break
    }
  } catch {
    // The status says enough.
  }
  return text
}

/** Waits for the first bytes: until then another try, or another place, can give the whole. */
async function begun (reply: EgressStream): Promise<EgressStream> {
  const { body, headers, status } = reply
  if (status < 300 && headers['content-length'] !== '0') {
    await once(body, 'readable').catch(error => { throw new Passing(`the store broke off: ${error.message}`, error) })
  }
  return reply
}

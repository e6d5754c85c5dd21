import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Test { teardown (handler: () => unknown): void }

interface Stored { bytes: Buffer, modified: Date }

class S3Error extends Error {
  readonly status: number
  readonly code: string

  constructor (status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

export const S3_KEYS = { accessKeyId: 'TESTACCESSKEY', secretAccessKey: 'a/secret+key=of-tests' }
const BUCKET = 'videos'
const MAX_SKEW_MS = 15 * 60_000

/**
 * A bucket as S3 keeps it, in memory: it checks signatures (version 4, by headers), the hash of every body, lengths and
 * ranges as AWS documents them, and knows the bucket by path or by host name. `pageSize` makes lists come in pages.
 */
export async function startS3Server (t: Test, { region = 'us-east-1', pageSize = 1_000 } = {}) {
  const objects = new Map<string, Stored>()
  const requests: string[] = []
  let next: Array<(response: ServerResponse) => void> = []
  let away = false

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const fault = next.shift()
    if (fault) return fault(response)
    answer(request, response).catch(error => sendError(response, error instanceof S3Error ? error : new S3Error(500, 'InternalError')))
  })
  server.on('connection', socket => { if (away) socket.resetAndDestroy() })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(resolve => { server.close(resolve) })
  })

  async function answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, `http://${request.headers.host}`)
    const body = await readBody(request)
    checkSignature(request, url, body, region)
    const key = keyOf(request.headers.host!, decodeURIComponent(url.pathname))
    if (key === '') return list(url.searchParams, response)
    switch (request.method) {
      case 'PUT': return put(key, request, body, response)
      case 'GET':
      case 'HEAD': return get(key, request, response)
      case 'DELETE': {
        objects.delete(key)
        response.writeHead(204).end()
        return
      }
      default: throw new S3Error(405, 'MethodNotAllowed')
    }
  }

  function put (key: string, request: IncomingMessage, bytes: Buffer, response: ServerResponse): void {
    if (request.headers['content-length'] === undefined) throw new S3Error(411, 'MissingContentLength')
    if (request.headers['if-none-match'] === '*' && objects.has(key)) throw new S3Error(412, 'PreconditionFailed')
    objects.set(key, { bytes, modified: new Date() })
    response.writeHead(200, { etag: etagOf(bytes) }).end()
  }

  function get (key: string, { method, headers }: IncomingMessage, response: ServerResponse): void {
    const stored = objects.get(key)
    if (!stored) throw new S3Error(404, 'NoSuchKey')
    const { bytes, modified } = stored
    const common = { etag: etagOf(bytes), 'last-modified': modified.toUTCString(), 'accept-ranges': 'bytes', 'content-type': 'binary/octet-stream' }
    const range = readRange(headers.range, bytes.length)
    const part = range ? bytes.subarray(range.start, range.end + 1) : bytes
    response.writeHead(range ? 206 : 200, { ...common, 'content-length': part.length, ...range && { 'content-range': `bytes ${range.start}-${range.end}/${bytes.length}` } })
    response.end(method === 'HEAD' ? undefined : part)
  }

  function list (query: URLSearchParams, response: ServerResponse): void {
    if (query.get('list-type') !== '2') throw new S3Error(501, 'NotImplemented')
    const prefix = query.get('prefix') ?? ''
    const after = query.has('continuation-token') ? Buffer.from(query.get('continuation-token')!.slice(2), 'base64').toString() : ''
    const keys = [...objects.keys()].filter(key => key.startsWith(prefix) && key > after).sort()
    const page = keys.slice(0, Math.min(pageSize, Number(query.get('max-keys') ?? 1_000)))
    const more = page.length < keys.length
    // As some do, with what has to be escaped in XML and in an address.
    const token = more ? `<NextContinuationToken>&amp;+${Buffer.from(page.at(-1)!).toString('base64')}</NextContinuationToken>` : ''
    const contents = page.map(key => {
      const { bytes, modified } = objects.get(key)!
      return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>${escapeXml(etagOf(bytes))}</ETag><Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    })
    sendXml(response, 200, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${BUCKET}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>${more}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`)
  }

  return {
    port,
    bucket: BUCKET,
    objects,
    /** Of every request, the method and the address. */
    requests,
    env: {
      MEDIA_URL: `s3://${BUCKET}/reelay?endpoint=http://127.0.0.1:${port}&region=${region}`,
      MEDIA_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      MEDIA_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey
    },
    /** The next requests are answered by these, in their order. */
    answerNext (...faults: Array<(response: ServerResponse) => void>) { next = faults },
    /** Nothing is answered any more; what it has stays. */
    goAway () {
      away = true
      server.closeAllConnections()
    },
    comeBack () { away = false }
  }
}

/** By path (`/bucket/key`) or by host name (`bucket.host`). */
function keyOf (host: string, path: string): string {
  if (host.startsWith(`${BUCKET}.`)) return path.slice(1)
  const [, bucket, ...key] = path.split('/')
  if (bucket !== BUCKET) throw new S3Error(404, 'NoSuchBucket')
  return key.join('/')
}

/** AWS's "Authenticating Requests: Using the Authorization Header (Signature Version 4)", for a payload in one piece. */
function checkSignature ({ method, headers }: IncomingMessage, url: URL, body: Buffer, region: string): void {
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '')
  if (!match) throw new S3Error(403, 'AccessDenied')
  const [, accessKeyId, day, signedRegion, names, signature] = match as unknown as [string, string, string, string, string, string]
  const time = String(headers['x-amz-date'])
  const hash = String(headers['x-amz-content-sha256'])
  if (accessKeyId !== S3_KEYS.accessKeyId) throw new S3Error(403, 'InvalidAccessKeyId')
  if (signedRegion !== region) throw new S3Error(400, 'AuthorizationHeaderMalformed')
  checkTime(time, day)
  const signed = names.split(';')
  for (const name of ['host', ...Object.keys(headers).filter(name => name.startsWith('x-amz-'))]) {
    if (!signed.includes(name)) throw new S3Error(403, 'AccessDenied')
  }
  const canonical = [method, encodePath(url.pathname), encodeQuery(url.searchParams), ...signed.map(name => `${name}:${String(headers[name]).trim().replace(/\s+/g, ' ')}`), '', names, hash].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${S3_KEYS.secretAccessKey}`)
  if (hmac(key, toSign).toString('hex') !== signature) throw new S3Error(403, 'SignatureDoesNotMatch')
  if (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body)) throw new S3Error(400, 'XAmzContentSHA256Mismatch')
}

function checkTime (time: string, day: string): void {
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  if (!time.startsWith(day) || !(Math.abs(Date.parse(iso) - Date.now()) < MAX_SKEW_MS)) throw new S3Error(403, 'RequestTimeTooSkewed')
}

function encodePath (path: string): string {
  return path.split('/').map(part => encode(decodeURIComponent(part))).join('/')
}

function encodeQuery (query: URLSearchParams): string {
  return [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join('&')
}

function encode (text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256 (data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac (key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

function etagOf (bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** A Range that cannot be read is none (RFC 9110). */
function readRange (header: string | undefined, size: number): { start: number, end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start > end) throw new S3Error(416, 'InvalidRange')
  return { start, end }
}

async function readBody (request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray())
}

/** A reply to HEAD has no body, so no code. */
function sendError (response: ServerResponse, { status, code }: S3Error): void {
  sendXml(response, status, `<Error><Code>${code}</Code><Message>no</Message><AWSAccessKeyId>${S3_KEYS.accessKeyId}</AWSAccessKeyId></Error>`)
}

function sendXml (response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`)
}

function escapeXml (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Job } from './job.ts'
import { stateOf } from './progress.ts'
import { Refusal, type Reply } from './replies.ts'

export type FileKind = 'video' | 'thumbnail'

interface Clip {
  bytes: Buffer
  contentType: string
  etag: string
}

/** The same clip in other colours, by degrees of hue: a remix should not look like its source. */
const HUES = ['', '-hue225', '-hue270', '-hue315']
const landscape = HUES.map(hue => loadClips(`clip${hue}`))
const portrait = HUES.map(hue => loadClips(`clip-portrait${hue}`))

const EXTENSIONS: Record<FileKind, string> = { video: 'mp4', thumbnail: 'webp' }

/** The bytes a job "makes": by its shape, and by what it changed where it was made from another video. */
export function clipOf (job: Job, kind: FileKind): Clip {
  const hue = job.source_id === null ? 0 : 1 + createHash('sha256').update(job.prompt).digest()[0]! % (HUES.length - 1)
  return (isPortrait(job) ? portrait : landscape)[hue]![kind]
}

/** An address that needs no key, as object stores sign them. */
export function fileUrl (origin: string, job: Job, kind: FileKind): string {
  const { urlTtlMs } = job.behaviour
  const expires = urlTtlMs === undefined ? '' : `&expires=${Date.now() + urlTtlMs}`
  return `${origin}/files/${job.id}.${EXTENSIONS[kind]}?token=${job.request.token}${expires}`
}

/** Throws Refusal: 403 for a wrong or expired signature, 404 without a video. */
export function checkFileUrl (job: Job | undefined, search: URLSearchParams): asserts job is Job {
  if (job?.request.token !== search.get('token')) throw new Refusal(403, 'signature_invalid', 'The signature of this address is wrong.')
  if (Number(search.get('expires') ?? Infinity) <= Date.now()) throw new Refusal(403, 'address_expired', 'This address has expired.')
  if (!hasVideo(job!)) throw new Refusal(404, 'not_found', 'There is no such file.')
}

export function hasVideo (job: Job): boolean {
  return !job.request.removed && job.behaviour.outcome !== 'no-url' && stateOf(job, Date.now()).phase === 'completed'
}

/** The clip, or the part of it that `Range` asks for. */
export function fileReply (job: Job, kind: FileKind, headers: IncomingMessage['headers']): Reply {
  const { bytes, contentType, etag } = clipOf(job, kind)
  const common = { 'content-type': contentType, 'accept-ranges': 'bytes', etag }
  if (headers['if-none-match'] === etag) return { status: 304, headers: { ...common, 'content-length': bytes.length }, body: '' }

  const range = headers['if-range'] === undefined || headers['if-range'] === etag ? headers.range : undefined
  const part = parseRange(range, bytes.length)
  if (part === 'unsatisfiable') return { status: 416, headers: { ...common, 'content-range': `bytes */${bytes.length}` }, body: '' }
  if (!part) return { status: 200, headers: common, body: bytes }
  const { first, last } = part
  return { status: 206, headers: { ...common, 'content-range': `bytes ${first}-${last}/${bytes.length}` }, body: bytes.subarray(first, last + 1) }
}

/** One range only: anything else gets the whole file, which RFC 9110 allows. */
function parseRange (range: string | undefined, size: number): { first: number, last: number } | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  if (from === undefined || (from === '' && to === '')) return undefined
  const first = from === '' ? Math.max(size - Number(to), 0) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < first) return undefined
  return first > last ? 'unsatisfiable' : { first, last }
}

function isPortrait ({ request: { size } }: Job): boolean {
  const [width = 0, height = 0] = size.split('x').map(Number)
  return height > width
}

function loadClips (name: string): Record<FileKind, Clip> {
  return { video: loadClip(`${name}.mp4`, 'video/mp4'), thumbnail: loadClip(`${name}.webp`, 'image/webp') }
}

function loadClip (name: string, contentType: string): Clip {
  const bytes = readFileSync(new URL(name, import.meta.url))
  return { bytes, contentType, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"` }
}

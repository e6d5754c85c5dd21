import type { Readable } from 'node:stream'
import { parseRange, type RangeRequest } from './byte-range.ts'
import { extensionOf } from './content-type.ts'
import type { Content } from './find-content.ts'
import type { OpenContent } from './open-content.ts'

export interface ContentRequest {
  head: boolean
  /** Strong, and another for every video a task ever had. */
  etag: string
  range?: string
  ifRange?: string
  ifNoneMatch?: string
  /** To be saved by the browser rather than shown. */
  download: boolean
  /** Whether pages of other origins may show it: then the address itself is the permission. */
  shared: boolean
}

export type ContentReply =
  | { status: 200 | 206 | 304, headers: Record<string, string>, body?: Readable }
  /** `size`: of the whole file, none of which was asked for. */
  | { status: 416, headers: Record<string, string>, size: number }

const FIRST_BYTE = { start: 0, end: 0 }
const CACHE_SECONDS = 3_600

export function contentTag (videoId: string, attempt: number, variant: string): string {
  return `"${videoId}-${attempt}-${variant}"`
}

/**
 * Answers a request for content. Ranges, HEAD and conditions are ours, whatever the upstream makes of them.
 * The body of a video that breaks off fails, so that the client's connection breaks too. Aborting stops the upstream.
 */
export async function readContent (found: Content, request: ContentRequest, signal: AbortSignal): Promise<ContentReply> {
  const headers = cacheHeaders(request)
  if (isFresh(request)) return { status: 304, headers }
  const range = rangeOf(request)

  if (request.head || range === 'refused') {
    const probed = await probe(found, signal)
    if (range === 'refused') return outside(probed.size)
    return { status: 200, headers: { ...headers, ...fileHeaders(found, request, probed), 'content-length': String(probed.size) } }
  }

  const content = range ? await found.openPart(range, signal) : await found.openWhole(signal)
  if (!content.body) return outside(content.size)
  return {
    status: content.range ? 206 : 200,
    headers: { ...headers, ...fileHeaders(found, request, content), ...lengthHeaders(content) },
    body: content.body
  }
}

/** Type and size, for the price of one byte. */
async function probe (found: Content, signal: AbortSignal): Promise<{ contentType?: string, size: number }> {
  const content = await found.openPart(FIRST_BYTE, signal)
  content.body?.destroy()
  return content
}

/** Ranges of HEAD mean nothing (RFC 9110 §14.2); those of another version of the video neither. */
function rangeOf ({ head, etag, range, ifRange }: ContentRequest): RangeRequest | 'refused' | undefined {
  if (head || (ifRange !== undefined && ifRange.trim() !== etag)) return
  return parseRange(range)
}

function isFresh ({ etag, ifNoneMatch }: ContentRequest): boolean {
  const tags = ifNoneMatch?.split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return tags !== undefined && (tags.includes(etag) || tags.includes('*'))
}

function outside (size: number): ContentReply {
  return { status: 416, size, headers: { 'accept-ranges': 'bytes', 'content-range': `bytes */${size}` } }
}

function cacheHeaders ({ etag, shared }: ContentRequest): Record<string, string> {
  return {
    etag,
    'cache-control': `private, max-age=${CACHE_SECONDS}`,
    'cross-origin-resource-policy': shared ? 'cross-origin' : 'same-origin'
  }
}

/** Whatever the bytes are, a browser must not take them for a page of ours. */
function fileHeaders ({ videoId }: Content, { download }: ContentRequest, { contentType = 'video/mp4' }: { contentType?: string }): Record<string, string> {
  return {
    'content-type': contentType,
    'content-disposition': `${download ? 'attachment' : 'inline'}; filename="${videoId}.${extensionOf(contentType)}"`,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'"
  }
}

function lengthHeaders ({ size, range }: Omit<OpenContent, 'body'>): Record<string, string> {
  if (range) return { 'content-length': String(range.end - range.start + 1), 'content-range': `bytes ${range.start}-${range.end}/${size}` }
  return size === undefined ? {} : { 'content-length': String(size) }
}

import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { ReelayError } from '../errors.ts'
import type { EgressStream } from '../upstreams/egress.ts'
import { formatRange, parseContentRange, resolveRange, type ByteRange, type RangeRequest } from './byte-range.ts'
import { sliceStream } from './byte-slice.ts'
import { requestContent, UnexpectedAnswer, type ContentSource } from './content-source.ts'
import { contentTypeOf } from './content-type.ts'

export interface OpenContent {
  contentType: string
  /** Of the whole file; the upstream may not tell. */
  size: number | undefined
  /** The part that `body` is; undefined for the whole. */
  range?: ByteRange
  body: Readable
}

/** To give a part one has to know the whole. */
export type OpenPart = OpenContent & { size: number, range: ByteRange }

/** The file has none of the bytes that were asked for. */
export interface OutsideContent { size: number, contentType?: undefined, body?: undefined }

/** More than any video has. Counting an endless body stops here. */
const MAX_COUNTED_BYTES = 8 * 1024 ** 3

/** Opens the whole content, of whatever length. */
export async function openWhole (source: ContentSource, signal: AbortSignal): Promise<OpenContent> {
  const reply = await requestContent(source, undefined, signal)
  // Nobody asked for a part.
  if (reply.status !== 200) throw unreadable(reply, `answered HTTP ${reply.status} when it was asked for everything`)
  const size = contentLength(reply)
  return { contentType: typeOf(reply, source), size, body: await started(sliceStream(reply.body, 0, size)) }
}

/** Opens one part, whether or not the upstream knows parts: a 200 is cut here, and a part nobody asked for is not used. */
export async function openPart (source: ContentSource, range: RangeRequest, signal: AbortSignal): Promise<OpenPart | OutsideContent> {
  const reply = await requestContent(source, formatRange(range), signal)
  if (reply.status === 200) return await cut(source, range, reply, signal)

  const part = parseContentRange(reply.headers['content-range'])
  const wanted = part && resolveRange(range, part.size)
  if (reply.status === 416 && part && !wanted) {
    reply.body.destroy()
    return { size: part.size }
  }
  // Less than was asked for is allowed (RFC 9110 §15.3.7), another place is not.
  if (reply.status === 206 && part?.range && wanted && part.range.start === wanted.start && part.range.end <= wanted.end) {
    const { start, end } = part.range
    return { contentType: typeOf(reply, source), size: part.size, range: part.range, body: await started(sliceStream(reply.body, 0, end - start + 1)) }
  }
  reply.body.destroy()
  return await cut(source, range, await requestContent(source, undefined, signal), signal)
}

/** The part of a 200 that was asked for. A body that does not say how long it is gets counted first. */
async function cut (source: ContentSource, range: RangeRequest, reply: EgressStream, signal: AbortSignal): Promise<OpenPart | OutsideContent> {
  if (reply.status !== 200) throw unreadable(reply, `answered HTTP ${reply.status} when it was asked for everything`)
  const contentType = typeOf(reply, source)
  const known = contentLength(reply)
  const size = known ?? await countBytes(reply.body)
  const wanted = resolveRange(range, size)
  if (known === undefined || !wanted) reply.body.destroy()
  if (!wanted) return { size }
  const { body } = known === undefined ? await requestContent(source, undefined, signal) : reply
  return { contentType, size, range: wanted, body: await started(sliceStream(body, wanted.start, wanted.end - wanted.start + 1)) }
}

function contentLength ({ headers }: EgressStream): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

async function countBytes (body: Readable): Promise<number> {
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > MAX_COUNTED_BYTES) throw new Error('The upstream\'s body does not end')
    }
  } catch (error) {
    throw new ReelayError('UPSTREAM_UNREADABLE', { cause: error })
  }
  return size
}

/** Waits for the first bytes: until then a failure can still be told in words. */
async function started (body: Readable): Promise<Readable> {
  await once(body, 'readable').catch(error => { throw new ReelayError('UPSTREAM_UNREADABLE', { cause: error }) })
  return body
}

function typeOf (reply: EgressStream, { variant }: ContentSource): string {
  const contentType = contentTypeOf(reply.headers['content-type'], variant)
  if (!contentType) throw unreadable(reply, `sent ${reply.headers['content-type']} for a ${variant}`)
  return contentType
}

function unreadable (reply: EgressStream, what: string): ReelayError {
  reply.body.destroy()
  return new ReelayError('UPSTREAM_UNREADABLE', { cause: new UnexpectedAnswer(reply.status, `The upstream ${what}`) })
}

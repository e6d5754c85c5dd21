import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ReelayError } from '../server/errors.ts'
import { findContentTaskOrThrow } from '../server/media/content-task.ts'
import { contentTag, readContent } from '../server/media/content.ts'
import { CONTENT_TYPES } from '../server/media/content-type.ts'
import { findContent } from '../server/media/find-content.ts'
import type { ContentVariant } from '../server/media/signed-urls.ts'

const binary = { schema: Type.Unsafe<Readable | undefined>({ type: 'string', format: 'binary' }) }

/** A success as the reference describes it. Streams are sent as they are. */
export const Bytes = { description: 'The bytes', content: { 'video/mp4': binary, ...Object.fromEntries(CONTENT_TYPES.map(type => [type, binary])) } }

interface Wanted {
  videoId: string
  variant: ContentVariant
  /** Whose it must be; undefined when a signed address asks. */
  userId: string | undefined
  /** To be saved by the browser rather than shown. */
  download: boolean
}

/** Answers with a task's bytes, or a part of them, as the request's headers ask. */
export async function sendContent (fastify: FastifyInstance, request: FastifyRequest, reply: FastifyReply, { videoId, variant, userId, download }: Wanted): Promise<FastifyReply> {
  const task = await findContentTaskOrThrow(fastify.db, { videoId, variant, userId })
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers
  const content = await readContent(await findContent(fastify.context, task, variant), {
    head: request.method === 'HEAD',
    etag: contentTag(task.id, task.attempt, variant),
    range,
    ifRange: ifRange as string | undefined,
    ifNoneMatch,
    download,
    shared: userId === undefined
  }, closeSignal(reply))

  reply.code(content.status).headers(content.headers)
  if (content.status === 416) throw new ReelayError('RANGE_INVALID', { params: { size: content.size } })
  return reply.send(content.body)
}

/** Aborts when the client has everything, or went away: then nobody waits for the upstream any more. */
function closeSignal (reply: FastifyReply): AbortSignal {
  const closed = new AbortController()
  reply.raw.once('close', () => closed.abort())
  return closed.signal
}

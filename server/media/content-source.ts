import type { Upstreams } from '../channels/upstreams.ts'
import type { Db, Task, TaskAttempt } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { findAttempt } from '../tasks/task-repository.ts'
import { EgressError, type Egress, type EgressStream } from '../upstreams/egress.ts'
import type { AttemptResult, ContentLocation, Upstream, UpstreamJob } from '../upstreams/upstream.ts'
import type { ContentVariant } from './signed-urls.ts'

/** Where the bytes of one task are, and how to ask for them. */
export interface ContentSource {
  upstream: Upstream
  egress: Pick<Egress, 'stream'>
  videoId: string
  job: UpstreamJob
  variant: ContentVariant
  /** Keeps the addresses that replaced the ones that had run out. */
  keep: (result: AttemptResult) => Promise<unknown>
}

export interface SourceContext { db: Db, upstreams: Pick<Upstreams, 'forAttempt'>, egress: Pick<Egress, 'stream'> }

/** The upstream answered, and not with content. */
export class UnexpectedAnswer extends Error {
  override name = 'UnexpectedAnswer'
  readonly status: number

  constructor (status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What an upstream answers for an address that has run out, or a key that has. */
const EXPIRED = new Set([401, 403, 404, 410])

/** The bytes of a COMPLETED task at its upstream. */
export async function findContentSource ({ db, upstreams, egress }: SourceContext, task: Pick<Task, 'id' | 'attempt'>, variant: ContentVariant): Promise<ContentSource> {
  const attempt = await findAttempt(db, task.id, task.attempt)
  if (!attempt) throw new ReelayError('NO_VIDEO_URL')
  return await attemptSource({ db, upstreams, egress }, attempt, variant)
}

/** The bytes of an attempt at its upstream, which says that it has made them. */
export async function attemptSource ({ db, upstreams, egress }: SourceContext, attempt: TaskAttempt, variant: ContentVariant = 'video'): Promise<ContentSource> {
  if (attempt.external_task_id === null) throw new ReelayError('NO_VIDEO_URL')
  return {
    upstream: await upstreams.forAttempt(attempt),
    egress,
    videoId: attempt.task_id,
    job: { externalTaskId: attempt.external_task_id, handle: attempt.handle, result: attempt.result ?? undefined },
    variant,
    keep: result => keepResult(db, attempt, result)
  }
}

/**
 * Asks for the content; for an address that has run out the upstream is asked once for a new one.
 * Answers with a 200, 206 or 416. Throws what a client may be told of anything else.
 */
export async function requestContent (source: ContentSource, range: string | undefined, signal: AbortSignal): Promise<EgressStream> {
  const location = locate(source)
  const reply = await send(source, location, range, signal)
  if (!EXPIRED.has(reply.status)) return usable(reply, source, location)
  const fresh = await renew(source, signal)
  if (!fresh || fresh.url === location.url) return usable(reply, source, location)
  reply.body.destroy()
  return usable(await send(source, fresh, range, signal), source, fresh)
}

function locate ({ upstream, job, variant, videoId }: ContentSource): ContentLocation {
  const location = contentOf(upstream, job, variant)
  if (location) return location
  throw variant === 'video' ? new ReelayError('NO_VIDEO_URL') : new ReelayError('THUMBNAIL_NOT_FOUND', { params: { videoId } })
}

function send ({ egress }: ContentSource, { url, policy, headers }: ContentLocation, range: string | undefined, signal: AbortSignal): Promise<EgressStream> {
  return egress
    .stream({ method: 'GET', url, policy, headers: { ...headers, ...range !== undefined && { range } }, redirects: 3, signal })
    .catch(error => { throw error instanceof EgressError ? new ReelayError('UPSTREAM_UNREADABLE', { cause: error }) : error })
}

/** The content's new address, kept in the source for what is asked next. */
async function renew (source: ContentSource, signal: AbortSignal): Promise<ContentLocation | undefined> {
  const polled = await source.upstream.poll(source.job, signal)
  if (polled.state !== 'completed') return
  source.job = { ...source.job, result: polled.result }
  await source.keep(polled.result)
  return contentOf(source.upstream, source.job, source.variant)
}

/** Spritesheets are made here or nowhere. */
function contentOf (upstream: Upstream, job: UpstreamJob, variant: ContentVariant): ContentLocation | undefined {
  return variant === 'spritesheet' ? undefined : upstream.content(job, variant)
}

function usable (reply: EgressStream, { variant, videoId }: ContentSource, { policy }: ContentLocation): EgressStream {
  const { status } = reply
  if (status === 200 || status === 206 || status === 416) return reply
  reply.body.destroy()
  const cause = new UnexpectedAnswer(status, `The upstream answered HTTP ${status} when it was asked for the ${variant}`)
  if (policy.trust === 'channel' && (status === 401 || status === 403)) throw new ReelayError('UPSTREAM_AUTH', { cause })
  if (EXPIRED.has(status)) throw new ReelayError(variant === 'video' ? 'VIDEO_EXPIRED' : 'THUMBNAIL_NOT_FOUND', { params: { videoId }, cause })
  throw new ReelayError('UPSTREAM_UNREADABLE', { cause })
}

function keepResult (db: Db, attempt: TaskAttempt, result: AttemptResult): Promise<unknown> {
  return db
    .updateTable('task_attempts')
    .set({ result: JSON.stringify(result) })
    .where('task_id', '=', attempt.task_id)
    .where('attempt', '=', attempt.attempt)
    .execute()
}

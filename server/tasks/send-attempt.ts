import type { ServerContext } from '../context.ts'
import { failpoint } from '../failpoints.ts'
import { loadInputs } from '../media/input-files.ts'
import { introduceCharacters } from './introduce-characters.ts'
import type { TaskType } from './statuses.ts'
import type { FailureClass, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamJob } from '../upstreams/upstream.ts'
import type { Submittable } from './submission-records.ts'

interface Prepared { type: TaskType, upstream: Upstream, request: SubmissionRequest, source?: UpstreamJob }

/**
 * Sends a claimed attempt, once, and says what is known of its fate. Everything that can fail harmlessly is done
 * before the socket opens; without an `upstream` nothing is. `claimedAt` is the monotonic time just before the claim, in milliseconds.
 */
export async function sendAttempt (context: ServerContext, attempt: Submittable, upstream: Upstream | undefined, claimedAt: number, signal: AbortSignal): Promise<SubmissionOutcome> {
  if (!upstream) return unsent('the account of the channel could not be opened')
  const { config, log } = context
  // The lease is twice the timeout. A process that slept through its first half must not send: the second is for the answer.
  const sendBy = claimedAt + config.SUBMIT_TIMEOUT_MS
  let prepared: Prepared
  try {
    const ready = await prepare(context, attempt, upstream, sendBy, signal)
    if ('outcome' in ready) return ready
    prepared = ready
  } catch (error) {
    log.error({ err: error, videoId: attempt.task_id }, 'submission could not be prepared')
    return unsent('the submission could not be prepared')
  }
  // Runs from here: in a process that is stopped before it sends, the time is over before a socket can open.
  const timeout = AbortSignal.timeout(config.SUBMIT_TIMEOUT_MS)
  if (performance.now() > sendBy) return unsent('the sender was too slow to begin', 'unknown')
  failpoint('submit.before-send', attempt.task_id)
  return await send(prepared, AbortSignal.any([signal, timeout]))
}

async function prepare (context: ServerContext, attempt: Submittable, upstream: Upstream, sendBy: number, signal: AbortSignal): Promise<Prepared | SubmissionOutcome> {
  const characters = await introduceCharacters(context, attempt, upstream, signal)
  if ('outcome' in characters) return characters
  return {
    type: attempt.type,
    upstream,
    request: { ...await submissionRequest(context, attempt), sendBy, characters: characters.names },
    source: attempt.remix_from_external === null ? undefined : await findSource(context, attempt.channel_id, attempt.remix_from_external)
  }
}

async function send (prepared: Prepared, signal: AbortSignal): Promise<SubmissionOutcome> {
  try {
    return await call(prepared, signal)
  } catch (error) {
    // Adapters answer with outcomes; a bug in one says nothing about what was sent.
    return { outcome: 'unknown', failure: { class: 'unknown', message: error instanceof Error ? error.message : 'the adapter failed' } }
  }
}

/** The channel was chosen because its adapter can do this. */
function call ({ type, upstream, request, source }: Prepared, signal: AbortSignal): Promise<SubmissionOutcome> {
  switch (type) {
    case 'generation': return upstream.create(request, signal)
    case 'remix': return upstream.remix!(source!, request, signal)
    case 'edit': return upstream.edit!(source, request, signal)
    case 'extend': return upstream.extend!(source, request, signal)
  }
}

async function submissionRequest ({ db, assets }: ServerContext, attempt: Submittable): Promise<SubmissionRequest> {
  const { characters: _introduced, extendBy, parameters = {}, ...options } = attempt.options
  return {
    reference: `${attempt.task_id}-${attempt.attempt}`,
    prompt: attempt.prompt,
    model: attempt.model,
    upstreamModel: attempt.upstream_model ?? undefined,
    size: attempt.size ?? undefined,
    aspectRatio: attempt.aspect_ratio ?? undefined,
    duration: extendBy ?? (attempt.duration === null ? undefined : Number(attempt.duration)),
    ...attempt.file_hashes && await loadInputs(db, assets, attempt.task_id),
    ...options,
    parameters
  }
}

/** The upstream job that a remix, an edit or an extension starts from: an accepted attempt on the same channel. */
async function findSource ({ db }: ServerContext, channelId: string, externalTaskId: string): Promise<UpstreamJob> {
  const source = await db
    .selectFrom('task_attempts')
    .select(['handle', 'result'])
    .where('channel_id', '=', channelId)
    .where('external_task_id', '=', externalTaskId)
    .executeTakeFirst()
  return { externalTaskId, handle: source?.handle, result: source?.result ?? undefined }
}

/** `unknown`: that is our own fault and not the channel's. */
function unsent (message: string, failureClass: FailureClass = 'unavailable'): SubmissionOutcome {
  return { outcome: 'unsent', failure: { class: failureClass, message } }
}

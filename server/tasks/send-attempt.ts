import type { ServerContext } from '../context.ts'
import type { Task, TaskAttempt } from '../database/tables.ts'
import { failpoint } from '../failpoints.ts'
import { loadInput, loadInputImage } from '../media/assets.ts'
import type { TaskType } from './statuses.ts'
import type { SubmissionOutcome, SubmissionRequest, Upstream, UpstreamJob } from '../upstreams/upstream.ts'

interface Prepared { type: TaskType, upstream: Upstream, request: SubmissionRequest, source?: UpstreamJob }

/**
 * Sends a claimed attempt, once, and says what is known of its fate. Everything that can fail harmlessly is done
 * before the socket opens. `claimedAt` is the monotonic time just before the claim, in milliseconds.
 */
export async function sendAttempt (context: ServerContext, attempt: TaskAttempt, claimedAt: number, signal: AbortSignal): Promise<SubmissionOutcome> {
  const { config, log } = context
  let prepared: Prepared
  try {
    prepared = await prepare(context, attempt)
  } catch (error) {
    log.error({ err: error, videoId: attempt.task_id }, 'submission could not be prepared')
    return unsent('the submission could not be prepared')
  }
  // Runs from here: in a process that is stopped before it sends, the time is over before a socket can open.
  const timeout = AbortSignal.timeout(config.SUBMIT_TIMEOUT_MS)
  // The lease is twice the timeout. A process that slept through its first half must not begin: the second is for the answer.
  if (performance.now() - claimedAt > config.SUBMIT_TIMEOUT_MS) return unsent('the sender was too slow to begin')
  failpoint('submit.before-send', attempt.task_id)
  return await send(prepared, AbortSignal.any([signal, timeout]))
}

async function prepare (context: ServerContext, attempt: TaskAttempt): Promise<Prepared> {
  const task = await context.db.selectFrom('tasks').selectAll().where('id', '=', attempt.task_id).executeTakeFirstOrThrow()
  return {
    type: task.type,
    upstream: await context.upstreams.forAttempt(attempt),
    request: await submissionRequest(context, task),
    source: task.remix_from_external === null ? undefined : await findSource(context, attempt.channel_id, task.remix_from_external)
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

async function submissionRequest ({ db, assets }: ServerContext, task: Task): Promise<SubmissionRequest> {
  const { watermark, seed, negativePrompt, extendBy, parameters = {} } = task.options
  return {
    reference: `${task.id}-${task.attempt}`,
    prompt: task.prompt,
    model: task.model,
    size: task.size ?? undefined,
    aspectRatio: task.aspect_ratio ?? undefined,
    duration: extendBy ?? (task.duration === null ? undefined : Number(task.duration)),
    image: await loadInputImage(db, assets, task.id),
    video: await loadInput(db, assets, task.id, 'source'),
    watermark,
    seed,
    negativePrompt,
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

function unsent (message: string): SubmissionOutcome {
  return { outcome: 'unsent', failure: { class: 'unavailable', message } }
}

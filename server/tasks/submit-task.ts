import type { ServerContext } from '../context.ts'
import type { Task, TaskAttempt } from '../database/tables.ts'
import type { ErrorCode } from '../errors.ts'
import { loadInputImage } from '../media/assets.ts'
import type { SubmissionOutcome, SubmissionRequest, Upstream, UpstreamFailure } from '../upstreams/upstream.ts'
import { firstPollDelay } from '../workers/cadence.ts'
import { scheduleSubmission, type TaskJob } from '../workers/queues.ts'
import { claimAttempt, closeAttempt, postponeAttempt, recordAccepted, type Accepted } from './submission-records.ts'
import { failTask, logTransition } from './transitions.ts'
import { retryWrite } from '../database/retry-write.ts'

/** Twice the longest an upstream may take to answer (the egress total of 60 s), so that a sender still in time holds its lease. */
const SUBMISSION_LEASE_MS = 120_000

/** What became of a try, for whoever waits for it. */
export type SubmissionVerdict =
  | { verdict: 'accepted', task: Task }
  | { verdict: 'refused', code: ErrorCode, failure: UpstreamFailure }
  /** Not settled yet: rate-limited, never sent, or of unknown outcome. */
  | { verdict: 'open' }

/**
 * Submits one attempt: claims it, calls the upstream once, records the outcome. Run inline by the process that
 * took the request, and by the submit-task job when that process died before it got here. Running it twice is
 * harmless: the claim lets one through.
 */
export async function submitTask (context: ServerContext, job: TaskJob, signal: AbortSignal): Promise<SubmissionVerdict> {
  const claimedAt = performance.now()
  const attempt = await claimAttempt(context.db, job, SUBMISSION_LEASE_MS)
  if (!attempt) return { verdict: 'open' }
  context.feed.wake()

  const outcome = await callUpstream(context, attempt, claimedAt, signal)
  return await recordOutcome(context, attempt, outcome)
}

async function callUpstream (context: ServerContext, attempt: TaskAttempt, claimedAt: number, signal: AbortSignal): Promise<SubmissionOutcome> {
  let request, upstream, source
  try {
    const task = await context.db.selectFrom('tasks').selectAll().where('id', '=', attempt.task_id).executeTakeFirstOrThrow()
    upstream = await context.upstreams.forAttempt(attempt)
    request = await submissionRequest(context, task)
    source = task.remix_from_external === null ? undefined : await findSource(context, attempt.channel_id, task.remix_from_external)
  } catch (error) {
    context.log.error({ err: error, videoId: attempt.task_id }, 'submission could not be prepared')
    return { outcome: 'unsent', failure: { class: 'unavailable', message: 'the submission could not be prepared' } }
  }
  // A process that slept through half its lease must not start sending: by the other half's end somebody else may.
  if (performance.now() - claimedAt > SUBMISSION_LEASE_MS / 2) return { outcome: 'unsent', failure: { class: 'unavailable', message: 'the sender was too slow to begin' } }
  return await send(upstream, request, source, signal)
}

async function send (upstream: Upstream, request: SubmissionRequest, source: TaskAttempt | undefined, signal: AbortSignal): Promise<SubmissionOutcome> {
  try {
    if (!source) return await upstream.create(request, signal)
    return await upstream.remix!({ externalTaskId: source.external_task_id!, handle: source.handle, result: source.result ?? undefined }, request, signal)
  } catch (error) {
    // Adapters answer with outcomes; a bug in one says nothing about what was sent.
    return { outcome: 'unknown', failure: { class: 'unknown', message: error instanceof Error ? error.message : 'the adapter failed' } }
  }
}

async function submissionRequest ({ db, assets }: ServerContext, task: Task): Promise<SubmissionRequest> {
  const { watermark, seed, negativePrompt, parameters = {} } = task.options
  return {
    reference: `${task.id}-${task.attempt}`,
    prompt: task.prompt,
    model: task.model,
    size: task.size ?? undefined,
    aspectRatio: task.aspect_ratio ?? undefined,
    duration: task.duration === null ? undefined : Number(task.duration),
    image: await loadInputImage(db, assets, task.id),
    watermark,
    seed,
    negativePrompt,
    parameters
  }
}

/** The upstream job that a remix starts from: an accepted attempt on the same channel. */
async function findSource ({ db }: ServerContext, channelId: string, externalTaskId: string): Promise<TaskAttempt> {
  return await db
    .selectFrom('task_attempts')
    .selectAll()
    .where('channel_id', '=', channelId)
    .where('external_task_id', '=', externalTaskId)
    .executeTakeFirstOrThrow()
}

async function recordOutcome (context: ServerContext, attempt: TaskAttempt, outcome: SubmissionOutcome): Promise<SubmissionVerdict> {
  switch (outcome.outcome) {
    case 'accepted': return await accept(context, attempt, outcome)
    case 'refused': return outcome.failure.class === 'rate_limit'
      ? await postpone(context, attempt, outcome.failure)
      : await refuse(context, attempt, outcome.failure)
    case 'unsent': return await postpone(context, attempt, outcome.failure)
    case 'unknown': return await leaveUnknown(context, attempt, outcome.failure)
  }
}

/** A sender that holds an accepted id logs it and repeats the recording until it is taken: the id is worth money. */
async function accept (context: ServerContext, attempt: TaskAttempt, accepted: Accepted): Promise<SubmissionVerdict> {
  const job = jobOf(attempt)
  context.log.info({ videoId: attempt.task_id, externalTaskId: accepted.externalTaskId, channelId: attempt.channel_id }, 'upstream accepted')
  const task = await retryWrite(context.log, () => recordAccepted(context.db, context.boss, job, accepted, firstPollDelay(context.config, accepted.pollAfterMs)))
  context.feed.wake()
  if (!task) return { verdict: 'open' }
  logTransition(context.log, task)
  return { verdict: 'accepted', task }
}

async function refuse (context: ServerContext, attempt: TaskAttempt, failure: UpstreamFailure): Promise<SubmissionVerdict> {
  const code = refusalCode(failure)
  const task = await context.db.transaction().execute(async trx => {
    if (!await closeAttempt(trx, jobOf(attempt), 'refused', code, failure.message)) return undefined
    return await failTask(trx, attempt.task_id, attempt.attempt, code, failure.message)
  })
  context.feed.wake()
  if (task) logTransition(context.log, task)
  return { verdict: 'refused', code, failure }
}

/** Nothing was made: the attempt waits and is tried again, until its deadline. */
async function postpone (context: ServerContext, attempt: TaskAttempt, failure: UpstreamFailure): Promise<SubmissionVerdict> {
  const job = jobOf(attempt)
  const delayMs = failure.retryAfterMs ?? retryDelay(attempt.tries)
  await context.db.transaction().execute(async trx => {
    if (!await postponeAttempt(trx, job, delayMs, failure.class === 'rate_limit' ? 'RATE_LIMITED' : 'CHANNEL_UNAVAILABLE', failure.message)) return
    await scheduleSubmission(context.boss, trx, job, delayMs / 1000)
  })
  context.log.warn({ videoId: attempt.task_id, channelId: attempt.channel_id, class: failure.class, delayMs }, 'submission postponed')
  context.feed.wake()
  return { verdict: 'open' }
}

/** It may have been made and billed. No blind second try; where the provider cannot be asked, the doubt is shown. */
async function leaveUnknown (context: ServerContext, attempt: TaskAttempt, failure: UpstreamFailure): Promise<SubmissionVerdict> {
  const task = await context.db.transaction().execute(async trx => {
    if (!await closeAttempt(trx, jobOf(attempt), 'unknown', 'SUBMISSION_UNCONFIRMED', failure.message)) return undefined
    return await failTask(trx, attempt.task_id, attempt.attempt, 'SUBMISSION_UNCONFIRMED', failure.message)
  })
  context.feed.wake()
  if (task) logTransition(context.log, task)
  return { verdict: 'open' }
}

/** How a client reads a definite refusal. An upstream's 401 is never the client's. */
export function refusalCode (failure: UpstreamFailure): ErrorCode {
  switch (failure.class) {
    case 'auth': return 'UPSTREAM_AUTH'
    case 'moderation': return 'UPSTREAM_MODERATED'
    default: return 'UPSTREAM_REFUSED'
  }
}

/** 2 s, 4 s, 8 s … at most a minute, with full jitter on the upper half. */
function retryDelay (tries: number): number {
  const ceiling = Math.min(60_000, 1_000 * 2 ** Math.min(tries, 6))
  return Math.round(ceiling / 2 + Math.random() * ceiling / 2)
}

function jobOf (attempt: TaskAttempt): TaskJob {
  return { taskId: attempt.task_id, attempt: attempt.attempt }
}

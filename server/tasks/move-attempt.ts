import { sql } from 'kysely'
import { SANDBOX_CHANNEL } from '../channels/channel-repository.ts'
import { chooseAnother, loadOffers, type Choice } from '../channels/choose-channel.ts'
import { pauseSubmissions } from '../channels/submission-slots.ts'
import { noteRefusal } from '../channels/standing.ts'
import type { ServerContext } from '../context.ts'
import type { Db, Task } from '../database/tables.ts'
import type { ErrorCode } from '../errors.ts'
import { listInputKinds } from '../media/input-files.ts'
import { scheduleSubmission, type TaskJob } from '../queues/queues.ts'
import type { UpstreamFailure } from '../upstreams/upstream.ts'
import { closeAttempt, lockQueued, type Submittable } from './submission-records.ts'
import { wishOfTask } from './task-wish.ts'
import { logTransition, transitionTask } from './transitions.ts'

/** A channel that did not take a task is not asked for it again by way of another within this. */
const TRIED_MS = 60_000
/** Attempts within one deadline; the last one waits, or fails. */
const MAX_ATTEMPTS = 10

/** Why an attempt does not stay on its channel, of which it is known that it made nothing. */
export interface Parting {
  /** What the attempt is, and where it ends. */
  from: 'pending' | 'sending'
  state: 'refused' | 'unsent'
  code: ErrorCode
  failure: UpstreamFailure
  /** For so long nothing is submitted there. */
  pauseMs?: number
}

/**
 * Hands a task whose channel did not take it to another one: a new attempt within the same deadline. Undefined: the task is bound to its
 * channel, or nobody else can take it; nothing was changed.
 */
export async function moveAttempt (context: ServerContext, attempt: Submittable, parting: Parting): Promise<TaskJob | undefined> {
  if (isBound(attempt)) return undefined
  const choice = await chooseNext(context, attempt, parting)
  const moved = choice && await context.db.transaction().execute(trx => writeMove(trx, context, attempt, parting, choice))
  if (!moved) return undefined
  context.log.warn({ videoId: moved.id, channelId: attempt.channel_id, class: parting.failure.class, nextChannelId: moved.channel_id }, 'submission moved to another channel')
  context.feed.wake()
  logTransition(context.log, moved)
  return { taskId: moved.id, attempt: moved.attempt }
}

/** What is made from another video is made where that was; a channel that the client named is the only one; what is simulated stays so. */
function isBound ({ remix_from_external: source, channel_named: named, channel_id: channelId }: Submittable): boolean {
  return source !== null || named || channelId === SANDBOX_CHANNEL
}

interface Tried { channel_id: string, waits: boolean, lately: boolean }

/**
 * Another channel that can take it at once. Where it cannot stay it also goes to where it has to wait: to a channel that was not tried lately,
 * or that only had no time for it before.
 */
async function chooseNext ({ db, upstreams }: ServerContext, attempt: Submittable, { from, state }: Parting): Promise<Choice | undefined> {
  const offers = await loadOffers(db, upstreams)
  if (!offers.configured.some(({ channel }) => channel.id !== attempt.channel_id)) return undefined
  const tried = await listTried(db, attempt)
  if (tried.length >= MAX_ATTEMPTS) return undefined
  const wish = wishOfTask(attempt, await listInputKinds(db, attempt.task_id))
  const isFresh = (id: string) => id !== attempt.channel_id && !tried.some(({ channel_id: channelId, lately }) => channelId === id && lately)
  const ready = chooseAnother(offers, wish, isFresh, true)
  if (ready || (from === 'sending' && state === 'unsent')) return ready
  const hadNoTime = (id: string) => id !== attempt.channel_id && tried.findLast(({ channel_id: channelId }) => channelId === id)?.waits === true
  return chooseAnother(offers, wish, isFresh, false) ?? chooseAnother(offers, wish, hadNoTime, false)
}

/** The attempts since somebody asked for the video, oldest first: all of one deadline. */
async function listTried (db: Db, { task_id: taskId, attempt }: Submittable): Promise<Tried[]> {
  const { rows } = await sql<Tried>`
    select a.channel_id,
      coalesce(a.error_code, '') in ('RATE_LIMITED', 'CHANNEL_UNAVAILABLE') as waits,
      coalesce(a.finished_at, a.sent_at) > now() - ${TRIED_MS} * interval '1 millisecond' as lately
    from task_attempts a
    join task_attempts mine on mine.task_id = a.task_id and mine.attempt = ${attempt} and mine.deadline_at = a.deadline_at
    where a.task_id = ${taskId}
    order by a.attempt`.execute(db)
  return rows
}

async function writeMove (trx: Db, { boss }: ServerContext, attempt: Submittable, { from, state, code, failure, pauseMs }: Parting, { channel, credentialId, why }: Choice): Promise<Task | undefined> {
  const job = { taskId: attempt.task_id, attempt: attempt.attempt }
  const queued = await lockQueued(trx, job, from)
  if (!queued || queued.cancel_requested_at) return undefined
  if (!await closeAttempt(trx, job, state, code, failure.message, [from])) return undefined
  const moved = await transitionTask(trx, {
    ...job,
    from: ['QUEUED'],
    to: 'QUEUED',
    changes: { stage: 'accepted', attempt: job.attempt + 1, channel_id: channel.id, credential_id: credentialId },
    // Not the provider's words: those about a channel are for administrators.
    detail: { movedFrom: attempt.channel_id, because: failure.class, choice: why }
  })
  if (!moved) throw new Error(`${job.taskId} changed under its lock`)
  await copyAttempt(trx, job, moved)
  if (pauseMs !== undefined) await pauseSubmissions(trx, attempt.channel_id, pauseMs)
  else if (state === 'refused') await noteRefusal(trx, attempt.channel_id, failure.class)
  await scheduleSubmission(boss, trx, { taskId: moved.id, attempt: moved.attempt })
  return moved
}

/** The next attempt, on the task's new channel, with the deadline of the last to the microsecond. */
async function copyAttempt (trx: Db, { taskId, attempt }: TaskJob, moved: Task): Promise<void> {
  await trx
    .insertInto('task_attempts')
    .columns(['task_id', 'attempt', 'state', 'channel_id', 'credential_id', 'deadline_at'])
    .expression(trx
      .selectFrom('task_attempts')
      .select(['task_id', sql<number>`${moved.attempt}::int`.as('next'), sql<'pending'>`'pending'`.as('state'), sql<string>`${moved.channel_id}`.as('channel_id'), sql<string | null>`${moved.credential_id}::uuid`.as('credential_id'), 'deadline_at'])
      .where('task_id', '=', taskId)
      .where('attempt', '=', attempt))
    .execute()
}

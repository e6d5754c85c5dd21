import { chooseChannel, checkChannel, type Process } from '../channels/choose-channel.ts'
import { findChannel } from '../channels/channel-repository.ts'
import { findCurrentCredentialId } from '../channels/credentials.ts'
import type { ChoiceReason } from '../channels/rank-channels.ts'
import type { ServerContext } from '../context.ts'
import { listInputKinds } from '../media/input-files.ts'
import type { Db, Task, TaskUpdate } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { scheduleSubmission, type TaskJob } from '../queues/queues.ts'
import { replyTo } from './accept-task.ts'
import { receiptOf, type Receipt } from './receipts.ts'
import { resumePolling } from './resume-polling.ts'
import type { Submissions } from './submissions.ts'
import { findAttempt, findOwnTaskOrThrow, insertAttempt, type TaskView } from './task-repository.ts'
import { wishOfTask } from './task-wish.ts'
import { logTransition, transitionTask } from './transitions.ts'

/**
 * Has a FAILED or CANCELLED task made again: a new attempt of the same task, with its image and its place in the
 * lineage. While it is unknown what became of the last submission, only with `acceptDuplicateRisk`. A quarantined
 * task has its upstream job already: there it is polling that goes on, and nothing is submitted.
 */
export async function retryTask (context: ServerContext, submissions: Submissions, userId: string, videoId: string, acceptDuplicateRisk: boolean): Promise<Receipt> {
  const task = await findOwnTaskOrThrow(context.db, userId, videoId)
  if (task.status === 'PROCESSING' && await resumePolling(context, task)) return receiptOf('resumed', task)
  const retried = await reopenTask(context, task, acceptDuplicateRisk, scheduleSubmission)
  const verdict = await submissions.submitWithin({ taskId: retried.id, attempt: retried.attempt }, context.config.SUBMIT_WAIT_MS)
  const reply = replyTo('retried', retried, verdict)
  if (reply instanceof ReelayError) throw reply
  return reply
}

type Schedule = (boss: ServerContext['boss'], trx: Db, job: TaskJob) => Promise<void>

/** Puts a FAILED or CANCELLED task back in line with a new attempt, whose job is scheduled in the same transaction. */
export async function reopenTask (context: ServerContext, task: TaskView, acceptDuplicateRisk: boolean, schedule: Schedule): Promise<Task> {
  if (task.status !== 'FAILED' && task.status !== 'CANCELLED') throw conflict(task, 'only FAILED, CANCELLED and quarantined tasks can be retried')
  const last = await findAttempt(context.db, task.id, task.attempt)
  if (last?.state === 'unknown' && !acceptDuplicateRisk) throw conflict(task, 'the last submission may have been made and billed; send {"acceptDuplicateRisk": true} to retry all the same')

  const retried = await startAttempt(context, task, schedule)
  context.feed.wake()
  logTransition(context.log, retried)
  return retried
}

async function startAttempt ({ db, boss, config, upstreams }: ServerContext, task: TaskView, schedule: Schedule): Promise<Task> {
  const { account, why } = await chooseAccount(db, task, upstreams)
  return await db.transaction().execute(async trx => {
    const retried = await transitionTask(trx, {
      taskId: task.id,
      attempt: task.attempt,
      from: ['FAILED', 'CANCELLED'],
      to: 'QUEUED',
      changes: { ...account, ...FRESH, attempt: task.attempt + 1 },
      detail: { retryOf: task.attempt, choice: why }
    })
    if (!retried) throw conflict(task, 'it has just changed')
    await insertAttempt(trx, retried, config.TASK_DEADLINE_MS)
    await schedule(boss, trx, { taskId: retried.id, attempt: retried.attempt })
    return retried
  })
}

/** What the last attempt left behind. */
const FRESH: TaskUpdate = {
  stage: 'accepted',
  progress: 0,
  external_task_id: null,
  error_code: null,
  error_detail: null,
  error_class: null,
  cancel_requested_at: null,
  started_at: null,
  completed_at: null,
  expires_at: null
}

interface ChosenAccount { account: Pick<TaskUpdate, 'channel_id' | 'credential_id'>, why: ChoiceReason }

/** The same channel while it takes tasks, with its present key; else another one, unless the task is bound to its source's account or its client named the channel. */
async function chooseAccount (db: ServerContext['db'], task: TaskView, process: Process): Promise<ChosenAccount> {
  const channel = await findChannel(db, task.channel_id)
  if (task.type !== 'generation') {
    if (!channel || channel.disabled_at || channel.deleted_at) throw new ReelayError('SOURCE_NOT_REMIXABLE', { params: { reason: 'its channel takes no new tasks' } })
    return { account: { channel_id: task.channel_id, credential_id: task.credential_id }, why: { channelId: channel.id, reason: 'source' } }
  }
  const wish = wishOfTask(task, await listInputKinds(db, task.id))
  if (channel && !channel.disabled_at && !channel.deleted_at && (!channel.builtin || process.sandboxServes)) {
    checkChannel(channel, task.model, wish)
    return { account: { channel_id: channel.id, credential_id: await findCurrentCredentialId(db, channel.id) ?? null }, why: { channelId: channel.id, reason: 'kept' } }
  }
  const choice = await chooseChannel(db, wish, process)
  return { account: { channel_id: choice.channel.id, credential_id: choice.credentialId }, why: choice.why }
}

function conflict (task: Task, reason: string): ReelayError {
  return new ReelayError('TASK_STATE_CONFLICT', { params: { status: task.status, reason } })
}

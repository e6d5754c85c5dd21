import type { ChoiceReason } from '../channels/rank-channels.ts'
import type { ServerContext } from '../context.ts'
import type { Channel, Db, NewTask, Task } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { putAhead } from '../media/assets.ts'
import { inputsOf, saveInput } from '../media/input-files.ts'
import { insertCallback } from '../webhooks/endpoint-repository.ts'
import { claimKey, findRepeat, storeReply } from './idempotency.ts'
import { claimSdkKey, REPEATED_WITHIN_MS, sdkKey, type SdkTry } from './sdk-repeats.ts'
import { receiptOf, type Receipt, type ReceiptKind } from './receipts.ts'
import type { Submissions } from './submissions.ts'
import type { SubmissionVerdict } from './submit-task.ts'
import { hashTaskInput, optionsOf, type TaskInput } from './task-input.ts'
import { insertTask } from './task-repository.ts'
import { newVideoId } from './video-id.ts'

/** Who asks, and how a repeat of the request is known. */
export interface Requester {
  userId: string
  requestId: string
  idempotencyKey?: string
  /** What an SDK says of its own repeats. */
  sdkTry?: SdkTry
}

/** A request by its owner, and what makes a repeat of it recognisable: the key and the hash of what was asked, before anything is inherited. */
export interface Identified extends Requester {
  operation: string
  key: string | undefined
  /** Whether the key is not the client's: it stands for a request that an SDK may repeat without one. */
  keyless: boolean
  hash: string
}

export function identify (requester: Requester, operation: string, input: TaskInput): Identified {
  const hash = hashTaskInput(operation, input)
  const own = requester.idempotencyKey ?? input.clientRequestId
  const keyless = own === undefined && requester.sdkTry !== undefined
  return { ...requester, operation, key: keyless ? sdkKey(hash) : own, keyless, hash }
}

/** What is to be made, where, and what its metadata says: the choices are made, nothing is written yet. */
export interface TaskPlan {
  kind: ReceiptKind
  channel: Channel
  input: TaskInput
  metadata: Record<string, unknown>
  /** Seconds that an extension adds to its source; `input.duration` is the whole then. */
  extendBy?: number
  model: string
  credentialId: string | null
  /** For the timeline. */
  why: ChoiceReason
}

/**
 * The stored answer to a repeated request; undefined for a new one. Asked before anything is looked up or chosen:
 * a repeat is answered as it was the first time, whatever changed since.
 */
export async function repeatedReceipt (context: ServerContext, request: Identified): Promise<Receipt | undefined> {
  if (!request.keyless) return await firstReceipt(context, request, Infinity)
  return request.sdkTry!.retries > 0 ? await firstReceipt(context, request, REPEATED_WITHIN_MS) : undefined
}

async function firstReceipt ({ db, config }: ServerContext, { userId, operation, key, hash }: Identified, maxAgeMs: number): Promise<Receipt | undefined> {
  if (key === undefined) return undefined
  const repeat = await findRepeat(db, userId, key, hash, config.SUBMIT_WAIT_MS, maxAgeMs)
  if (!repeat) return undefined
  return 'reply' in repeat ? repeat.reply : await freshReceipt(db, operation === 'create' ? 'created' : 'remixed', repeat.taskId)
}

/**
 * Writes the task, its attempt, its event and its job in one transaction, then submits and waits a while for the
 * upstream's answer. A definite refusal within the wait is thrown, with the id of the FAILED task.
 */
export async function acceptTask (context: ServerContext, submissions: Submissions, request: Identified, plan: TaskPlan): Promise<Receipt> {
  const task = await writeTask(context, request, plan)
  // Lost a race for the key: the winner's answer is ours too.
  if (!task) return (await firstReceipt(context, request, Infinity))!

  context.feed.wake()
  const verdict = await submissions.submitWithin({ taskId: task.id, attempt: task.attempt }, context.config.SUBMIT_WAIT_MS)
  const reply = replyTo(plan.kind, task, verdict)
  if (request.key !== undefined) await storeReply(context.db, request.userId, request.key, task.id, reply)
  if (reply instanceof ReelayError) throw reply
  return reply
}

export function replyTo (kind: ReceiptKind, task: Task, verdict: SubmissionVerdict): Receipt | ReelayError {
  switch (verdict.verdict) {
    case 'accepted': return receiptOf(kind, verdict.task)
    case 'open': return receiptOf(kind, task)
    case 'refused': return new ReelayError(verdict.code, { params: { reason: verdict.failure.message, class: verdict.failure.class }, videoId: task.id })
  }
}

async function writeTask (context: ServerContext, request: Identified, plan: TaskPlan): Promise<Task | undefined> {
  const { db, config, assets } = context
  await putAhead(assets, inputsOf(plan.input).map(({ file }) => file))
  return await db.transaction().execute(async trx => {
    const task = await insertTask(trx, newTask(plan, request), config.TASK_DEADLINE_MS, { choice: plan.why })
    if (!await claim(trx, request, task.id)) throw new KeyTaken()
    for (const input of inputsOf(plan.input)) await saveInput(trx, assets, task.id, input)
    if (plan.input.callbackUrl !== undefined) await insertCallback(trx, task, plan.input.callbackUrl)
    return task
  }).catch(error => {
    if (error instanceof KeyTaken) return undefined
    throw error
  })
}

/** False: another request has the key. */
async function claim (trx: Db, { userId, key, keyless, hash, sdkTry }: Identified, taskId: string): Promise<boolean> {
  if (key === undefined) return true
  return keyless ? await claimSdkKey(trx, userId, hash, taskId, sdkTry!) : await claimKey(trx, userId, key, hash, taskId)
}

/** Rolls the transaction back: what was written for a repeat must not stay. */
class KeyTaken extends Error {}

export function newTask ({ channel, model, credentialId, input, metadata, extendBy }: TaskPlan, { userId, requestId }: Requester): NewTask {
  return {
    id: newVideoId(),
    user_id: userId,
    status: 'QUEUED',
    stage: 'accepted',
    channel_id: channel.id,
    channel_named: input.channelId !== undefined,
    credential_id: credentialId,
    model,
    prompt: input.prompt,
    size: input.size,
    aspect_ratio: input.aspectRatio,
    duration: input.duration,
    options: JSON.stringify({ ...optionsOf(input), extendBy }),
    metadata: JSON.stringify(metadata),
    client_request_id: input.clientRequestId,
    request_id: requestId
  }
}

async function freshReceipt (db: Db, kind: ReceiptKind, taskId: string): Promise<Receipt> {
  return receiptOf(kind, await db.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow())
}

import type { ServerContext } from '../context.ts'
import { ReelayError, type ErrorCode, type ErrorOptions, type FieldError } from '../errors.ts'
import { putAhead } from '../media/assets.ts'
import { inputsOf, saveInput, type KeptInput } from '../media/input-files.ts'
import { newTask, type Requester } from '../tasks/accept-task.ts'
import { claimKeys, findRepeat, type AnsweredKey } from '../tasks/idempotency.ts'
import { receiptOf } from '../tasks/receipts.ts'
import { insertTasks } from '../tasks/task-repository.ts'
import { newBatchId } from '../tasks/video-id.ts'
import type { Db } from '../database/tables.ts'
import { insertCallback } from '../webhooks/endpoint-repository.ts'
import { planBatch, type BatchItem, type BatchPlan, type ItemResult, type PlannedTask } from './plan-batch.ts'

/** Named in a refusal of the whole; more would bury the first. */
const MAX_DETAILS = 20

export interface BatchRequest {
  /** Those that could not even be read stand as their refusal. */
  items: Array<BatchItem | ReelayError>
  /** All or none. */
  atomic: boolean
  key: string | undefined
  /** Of all that was asked. */
  hash: string
}

/** The answer, without the language: this is what a repeated request gets again. */
export interface BatchReceipt { batchId: string, items: ItemResult[] }

/**
 * Accepts many videos at once: every task, its attempt, event and job in one transaction. Nothing is submitted here;
 * the jobs are. Refused items are told in the receipt; when `atomic`, the first of them is thrown and nothing is written.
 */
export async function createBatch (context: ServerContext, requester: Requester, request: BatchRequest): Promise<BatchReceipt> {
  while (true) {
    const repeated = await repeatedBatch(context, requester, request)
    if (repeated) return repeated
    const plan = await planBatch(context, requester, request, request.items)
    if (request.atomic) refuseTogether(plan.results)
    const receipt = await writeBatch(context, requester, request, plan)
    if (!receipt) continue
    context.feed.wake()
    return receipt
  }
}

async function repeatedBatch ({ db, config }: ServerContext, { userId }: Requester, { key, hash }: BatchRequest): Promise<BatchReceipt | undefined> {
  if (key === undefined) return undefined
  const repeat = await findRepeat<BatchReceipt>(db, userId, key, hash, config.SUBMIT_WAIT_MS, Infinity)
  return repeat && 'reply' in repeat ? repeat.reply : undefined
}

/** Undefined: a race for one of the keys was lost, nothing was written, and the winner's tasks can be seen now. */
async function writeBatch (context: ServerContext, requester: Requester, { key, hash }: BatchRequest, { results, tasks }: BatchPlan): Promise<BatchReceipt | undefined> {
  const receipt: BatchReceipt = { batchId: newBatchId(), items: results }
  const ownKey = key === undefined ? [] : [{ key, hash, taskId: null, reply: receipt }]
  await putAhead(context.assets, inOrderOfBytes(tasks).map(({ input }) => input.file))
  const written = await context.db.transaction().execute(async trx => {
    // The batch's own key first: whoever repeats the batch waits here, before it has written hundreds of tasks.
    await claimOrGiveUp(trx, requester.userId, ownKey)
    await trx.insertInto('task_batches').values({ id: receipt.batchId, user_id: requester.userId }).execute()
    if (tasks.length > 0) await writeTasks(trx, context, requester, receipt.batchId, tasks)
    return true
  }).catch(error => {
    if (error instanceof KeyTaken) return false
    throw error
  })
  return written ? receipt : undefined
}

async function writeTasks (trx: Db, { config, assets }: ServerContext, requester: Requester, batchId: string, tasks: PlannedTask[]): Promise<void> {
  const rows = tasks.map(({ id, plan }) => ({ ...newTask(plan, requester), id, batch_id: batchId }))
  await insertTasks(trx, rows, config.TASK_DEADLINE_MS, Object.fromEntries(tasks.map(({ id, plan }) => [id, { choice: plan.why }])))
  await claimOrGiveUp(trx, requester.userId, tasks.flatMap(answeredKey))
  for (const { id, input } of inOrderOfBytes(tasks)) await saveInput(trx, assets, id, input)
  for (const { id, plan: { input } } of tasks) {
    if (input.callbackUrl !== undefined) await insertCallback(trx, { id, user_id: requester.userId }, input.callbackUrl)
  }
}

/** A task with a key of its own is answered at once: it waits in line. */
function answeredKey ({ id, request: { key, hash }, plan: { kind, metadata } }: PlannedTask): AnsweredKey[] {
  if (key === undefined) return []
  const remixedFrom = typeof metadata.remix_from === 'string' ? metadata.remix_from : null
  const reply = receiptOf(kind, { id, status: 'QUEUED', external_task_id: null, remix_from: remixedFrom })
  return [{ key, hash, taskId: id, reply }]
}

/** Keeping a file locks its content until the end: in one order, or two batches could wait for each other. */
function inOrderOfBytes (tasks: PlannedTask[]): Array<{ id: string, input: KeptInput }> {
  return tasks
    .flatMap(({ id, plan }) => inputsOf(plan.input).map(input => ({ id, input })))
    .sort((a, b) => a.input.file.bytes.compare(b.input.file.bytes))
}

async function claimOrGiveUp (trx: Db, userId: string, keys: AnsweredKey[]): Promise<void> {
  if (!await claimKeys(trx, userId, keys)) throw new KeyTaken()
}

/** Rolls the transaction back: what was written for a repeat must not stay. */
class KeyTaken extends Error {}

/** Throws the first refusal, with the fields of all. */
function refuseTogether (results: ItemResult[]): void {
  const refused = results.filter(result => 'code' in result)
  const [first] = refused
  if (!first) return
  const details = refused.flatMap(({ index, code, options }) => detailsOf(code, options).map(detail => ({ ...detail, field: `items.${index}${detail.field && `.${detail.field}`}` })))
  throw new ReelayError(first.code, { ...first.options, details: details.slice(0, MAX_DETAILS) })
}

function detailsOf (code: ErrorCode, { params, details }: ErrorOptions): FieldError[] {
  return details ?? [{ field: '', message: new ReelayError(code, { params }).message, error: { code, params } }]
}

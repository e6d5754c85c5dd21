import type { Wish } from '../channels/capability-checks.ts'
import { findChannel } from '../channels/channel-repository.ts'
import { chooseFrom, loadOffers, type Choice } from '../channels/choose-channel.ts'
import type { ServerContext } from '../context.ts'
import type { Channel } from '../database/tables.ts'
import { ReelayError, type ErrorCode, type ErrorOptions } from '../errors.ts'
import { identify, type Identified, type Requester, type TaskPlan } from '../tasks/accept-task.ts'
import { planCreation } from '../tasks/create-task.ts'
import { planDerivation } from '../tasks/derive-task.ts'
import { findUsedKeys } from '../tasks/idempotency.ts'
import { checkTaskInput, type TaskInput } from '../tasks/task-input.ts'
import { findOwnTasks, type TaskView } from '../tasks/task-repository.ts'
import { wishOf } from '../tasks/task-wish.ts'
import { newVideoId } from '../tasks/video-id.ts'

/** One video to make: a new one, or with `remixFrom` a remix. */
export interface BatchItem { input: TaskInput, remixFrom?: string }

/** What became of an item: a task, new or the one that its key made before, or a refusal without the language. */
export type ItemResult =
  | { index: number, videoId: string, repeated?: true }
  | { index: number, code: ErrorCode, options: Pick<ErrorOptions, 'params' | 'details' | 'retryAfterSeconds'> }

/** A task to be written, with its id and the key it takes. */
export interface PlannedTask { id: string, request: Identified, plan: TaskPlan }

export interface BatchPlan { results: ItemResult[], tasks: PlannedTask[] }

/** A key, and the task it stands for; null for the batch's own. */
interface UsedKey { hash: string, videoId: string | null }

/** What the items have in common, looked up once. */
interface Common {
  requester: Requester
  sources: Map<string, TaskView>
  usedKeys: Map<string, UsedKey>
  chooseFor: (wish: Wish) => Choice
  channelOf: (id: string) => Promise<Channel | undefined>
}

/** Decides about each item and writes nothing. A refused one (`ReelayError`) came so from the reading of the request. */
export async function planBatch (context: ServerContext, requester: Requester, ownKey: { key: string | undefined, hash: string }, items: Array<BatchItem | ReelayError>): Promise<BatchPlan> {
  const wanted = items.filter(isReadable)
  const common = await lookUp(context, requester, wanted)
  if (ownKey.key !== undefined) common.usedKeys.set(ownKey.key, { hash: ownKey.hash, videoId: null })
  // In order, so that tasks of one millisecond keep the order of the items.
  const ids = wanted.map(newVideoId).sort()
  const plan: BatchPlan = { results: [], tasks: [] }
  for (const [index, item] of items.entries()) {
    plan.results.push(isReadable(item) ? await planItem(common, plan, index, item, ids.shift()!) : refusal(index, item))
  }
  return plan
}

function isReadable (item: BatchItem | ReelayError): item is BatchItem {
  return !(item instanceof ReelayError)
}

async function planItem (common: Common, { tasks }: BatchPlan, index: number, item: BatchItem, id: string): Promise<ItemResult> {
  try {
    checkTaskInput(item.input)
    const { userId, requestId } = common.requester
    const request = identify({ userId, requestId }, item.remixFrom === undefined ? 'create' : `remix:${item.remixFrom}`, item.input)
    const videoId = findMade(common, request)
    if (videoId !== undefined) return { index, videoId, repeated: true }
    tasks.push({ id, request, plan: await planTask(common, item) })
    if (request.key !== undefined) common.usedKeys.set(request.key, { hash: request.hash, videoId: id })
    return { index, videoId: id }
  } catch (error) {
    // Not the item's fault: then the batch is not answered either.
    if (!(error instanceof ReelayError) || error.status >= 500) throw error
    return refusal(index, error)
  }
}

/** The task that the item's key made before. Throws when the key stands for another request. */
function findMade ({ usedKeys }: Common, { key, hash }: Identified): string | undefined {
  const used = key === undefined ? undefined : usedKeys.get(key)
  if (!used) return undefined
  if (used.hash !== hash || used.videoId === null) throw new ReelayError('IDEMPOTENCY_KEY_REUSED', about('clientRequestId', 'was used with another request'))
  return used.videoId
}

async function planTask ({ sources, chooseFor, channelOf }: Common, { input, remixFrom }: BatchItem): Promise<TaskPlan> {
  if (remixFrom === undefined) return planCreation(chooseFor(wishOf('create', input)), input)
  const source = sources.get(remixFrom)
  if (!source) throw new ReelayError('TASK_NOT_FOUND', { params: { videoId: remixFrom }, ...about('remixFrom', 'is not one of your tasks') })
  return planDerivation(source, await channelOf(source.channel_id), 'remix', input)
}

async function lookUp ({ db, upstreams }: ServerContext, requester: Requester, items: BatchItem[]): Promise<Common> {
  const sourceIds = items.flatMap(({ remixFrom }) => remixFrom ?? [])
  const keys = items.flatMap(({ input }) => input.clientRequestId ?? [])
  const sources = await findOwnTasks(db, requester.userId, [...new Set(sourceIds)])
  const usedKeys = await findUsedKeys(db, requester.userId, [...new Set(keys)])
  const offers = await loadOffers(db, upstreams)
  return {
    requester,
    sources: new Map(sources.map(source => [source.id, source])),
    usedKeys: new Map(usedKeys.map(({ key, request_hash: hash, task_id: videoId }) => [key, { hash, videoId }])),
    // Each counts for the next: so a batch is shared out.
    chooseFor: wish => chooseFrom(offers, wish),
    channelOf: remembering(id => findChannel(db, id))
  }
}

/** Asks once for equal arguments. */
function remembering<Argument, Answer> (ask: (argument: Argument) => Promise<Answer>): (argument: Argument) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>()
  return argument => {
    const known = JSON.stringify(argument)
    const answer = answers.get(known) ?? ask(argument)
    answers.set(known, answer)
    return answer
  }
}

/** Errors about a source name no field when there is only one video in the request; here there are many. */
function refusal (index: number, { code, message, options: { params, details, retryAfterSeconds } }: ReelayError): ItemResult {
  const isAboutSource = code === 'SOURCE_NOT_COMPLETED' || code === 'SOURCE_NOT_REMIXABLE'
  const named = details?.map(detail => ({ ...detail, field: detail.field === 'videoId' ? 'remixFrom' : detail.field }))
  return { index, code, options: { params, details: named ?? (isAboutSource ? [{ field: 'remixFrom', message, error: { code, params } }] : undefined), retryAfterSeconds } }
}

function about (field: string, message: string): Required<Pick<ErrorOptions, 'details'>> {
  return { details: [{ field, message }] }
}
